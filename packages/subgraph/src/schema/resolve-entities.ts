import { entitiesResolver } from '@apollo/subgraph'
import { MarqueeError } from '@marquee/contract'
import { isUnionType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'

/** The types that may stand in `representations`: members of `_Entity`, and interfaces that one of them implements. */
const entityNames = (schema: GraphQLSchema): ReadonlySet<string> => {
  const union = schema.getType('_Entity')
  const members = isUnionType(union) ? union.getTypes() : []
  return new Set(members.flatMap(member => [member.name, ...member.getInterfaces().map(({ name }) => name)]))
}

const typeNameOf = (representation: unknown): unknown =>
  typeof representation === 'object' && representation !== null && '__typename' in representation
    ? representation.__typename
    : undefined

/**
 * Resolves `Query._entities` one representation at a time, all in the same turn of the event loop: a reference that
 * throws nulls its own entity alone, and DataLoaders still see the whole batch at once.
 */
export const resolveEntities = (schema: GraphQLSchema): GraphQLFieldResolver<unknown, object> => {
  const known = entityNames(schema)
  const resolveOne = async (representation: unknown, context: object, info: unknown): Promise<unknown> => {
    const name = typeNameOf(representation)
    if (typeof name !== 'string' || !known.has(name)) {
      const reason = `a representation names an entity of this subgraph in __typename, not ${JSON.stringify(name)?.slice(0, 80)}`
      throw new MarqueeError('BAD_USER_INPUT', { reason })
    }
    const [entity] = entitiesResolver({
      representations: [representation],
      context,
      info,
    } as Parameters<typeof entitiesResolver>[0]) as unknown[]
    return entity
  }
  return (_source, { representations }, context, info) =>
    (representations as readonly unknown[]).map(representation => resolveOne(representation, context, info))
}

/**
 * Apollo's resolver writes `__typename` into the row that a reference gave, which a frozen row refuses: those are
 * handed over as a copy.
 */
export const withWritableRows = (schema: GraphQLSchema): void => {
  const writable = (row: unknown): unknown =>
    typeof row === 'object' && row !== null && !Object.isExtensible(row) ? { ...row } : row
  for (const type of Object.values(schema.getTypeMap())) {
    const apollo = type.extensions['apollo'] as { subgraph?: { resolveReference?: unknown } } | undefined
    const resolve = apollo?.subgraph?.resolveReference
    if (typeof resolve !== 'function') continue
    const call = resolve as (...args: unknown[]) => unknown
    const wrapped = (...args: unknown[]): unknown => {
      const row = call(...args)
      return row instanceof Promise ? row.then(writable) : writable(row)
    }
    type.extensions = {
      ...type.extensions,
      apollo: { ...apollo, subgraph: { ...apollo?.subgraph, resolveReference: wrapped } },
    }
  }
}
