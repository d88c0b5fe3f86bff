import {
  defaultFieldResolver,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql'

/**
 * Makes a test of documents: does at most one field of theirs look something up? Such an answer comes from one
 * statement, and needs no snapshot to be of one moment.
 */
export const readsOnce = (schema: GraphQLSchema): ((document: DocumentNode) => boolean) => {
  const known = new WeakMap<DocumentNode, boolean>()
  const count = (document: DocumentNode): number => {
    const types = new TypeInfo(schema)
    let lookups = 0
    visit(
      document,
      visitWithTypeInfo(types, {
        Field: () => {
          const { resolve } = types.getFieldDef() ?? {}
          if (resolve !== undefined && resolve !== defaultFieldResolver) lookups += 1
        },
      }),
    )
    return lookups
  }
  return document => {
    const before = known.get(document)
    if (before !== undefined) return before
    const isOnce = count(document) <= 1
    known.set(document, isOnce)
    return isOnce
  }
}
