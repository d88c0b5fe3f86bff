import { buildSubgraphSchema } from '@apollo/subgraph'
import { MarqueeError } from '@marquee/contract'
import {
  GraphQLError,
  GraphQLScalarType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isUnionType,
  parse,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql'
import { resolveEntities, withWritableRows } from './resolve-entities.ts'

type ResolverMap = Readonly<Record<string, object>>

const special: Readonly<Record<string, (type: GraphQLNamedType) => boolean>> = {
  __resolveReference: type => isObjectType(type) || isInterfaceType(type),
  __resolveType: type => isInterfaceType(type) || isUnionType(type),
  __isTypeOf: isObjectType,
}

const isKnownKey = (type: GraphQLNamedType, key: string): boolean => {
  const applies = special[key]
  if (applies !== undefined) return applies(type)
  if (isObjectType(type)) return key in type.getFields()
  if (isEnumType(type)) return type.getValue(key) !== undefined
  return false
}

/** Resolvers that no query could ever reach are typos: Apollo would pass over them in silence. */
const strayResolvers = (schema: GraphQLSchema, resolvers: ResolverMap): readonly string[] =>
  Object.entries(resolvers).flatMap(([typeName, entries]) => {
    const type = schema.getType(typeName)
    // `...scalars` may bring more scalars than a schema has.
    if (type === undefined && entries instanceof GraphQLScalarType) return []
    if (type === undefined)
      return [`there are resolvers for the type ${typeName}, which is not in the schema`]
    if (isScalarType(type)) return []
    return Object.keys(entries)
      .filter(key => !isKnownKey(type, key))
      .map(key => `there is a resolver for ${typeName}.${key}, which is not in the schema`)
  })

const place = (error: unknown): string => {
  if (!(error instanceof GraphQLError)) return (error as Error).message
  const [at] = error.locations ?? []
  return at === undefined ? error.message : `${error.message} (line ${at.line}, column ${at.column})`
}

/**
 * The executable schema of a subgraph.
 * @throws SUBGRAPH_SCHEMA_INVALID for SDL that does not parse or does not hold together, and for stray resolvers
 */
export const buildSchema = (name: string, sdl: string, resolvers: ResolverMap): GraphQLSchema => {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new MarqueeError('SUBGRAPH_SCHEMA_INVALID', { service: name, reason }, { cause })
  }
  let schema: GraphQLSchema
  try {
    const modules = [{ typeDefs: parse(sdl), resolvers }]
    schema = buildSubgraphSchema(modules as Parameters<typeof buildSubgraphSchema>[0])
  } catch (error) {
    return refuse(place(error), error)
  }
  const strays = strayResolvers(schema, resolvers)
  if (strays.length > 0) return refuse(strays.join('; '))
  const entities = schema.getQueryType()?.getFields()['_entities']
  if (entities !== undefined) entities.resolve = resolveEntities(schema)
  withWritableRows(schema)
  return schema
}
