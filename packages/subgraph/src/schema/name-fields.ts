import { isObjectType, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import type { WithTags } from '../definition.ts'

type Field = GraphQLField<unknown, unknown>

const nameField = (type: GraphQLObjectType, field: Field, withTags: WithTags): void => {
  const tags = Object.freeze({ field: `${type.name}.${field.name}` })
  const { resolve, name } = field
  field.resolve =
    resolve === undefined
      ? // As graphql's own default resolver: a property that is a function is called. Only then can it load anything.
        (source, args, context, info) => {
          if (source === null || (typeof source !== 'object' && typeof source !== 'function'))
            return undefined
          const row = source as Readonly<Record<string, unknown>>
          const value = row[name]
          if (typeof value !== 'function') return value
          return withTags(tags, () =>
            (value as (...all: unknown[]) => unknown).call(row, args, context, info),
          )
        }
      : (source, args, context, info) => withTags(tags, () => resolve(source, args, context, info))
}

const nameReference = (type: GraphQLObjectType, withTags: WithTags): void => {
  const apollo = type.extensions['apollo'] as { subgraph?: { resolveReference?: unknown } } | undefined
  const resolve = apollo?.subgraph?.resolveReference
  if (typeof resolve !== 'function') return
  const call = resolve as (...args: unknown[]) => unknown
  const tags = Object.freeze({ field: `${type.name}.__resolveReference` })
  const resolveReference = (...args: unknown[]): unknown => withTags(tags, () => call(...args))
  type.extensions = {
    ...type.extensions,
    apollo: { ...apollo, subgraph: { ...apollo?.subgraph, resolveReference } },
  }
}

/**
 * Lets each statement know which field caused it: `Query.movies`, or `Movie.__resolveReference` for entities. These are
 * names of the schema, so there are never more of them, whatever clients ask.
 */
export const nameFields = (schema: GraphQLSchema, withTags: WithTags): void => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) nameField(type, field, withTags)
    nameReference(type, withTags)
  }
}
