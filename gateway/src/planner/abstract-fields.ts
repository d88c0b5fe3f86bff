import {
  getNamedType,
  isAbstractType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
} from 'graphql'

/** Tells which fields of a document are of an interface or a union. */
export const abstractFields = (
  document: DocumentNode,
  schema: GraphQLSchema,
): ((node: FieldNode) => boolean) => {
  const fields = new Set<FieldNode>()
  const types = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: node => {
        if (node.selectionSet !== undefined && isAbstractType(getNamedType(types.getType()))) fields.add(node)
      },
    }),
  )
  return node => fields.has(node)
}
