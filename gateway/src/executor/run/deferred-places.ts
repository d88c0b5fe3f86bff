import {
  getNamedType,
  isCompositeType,
  isObjectType,
  type GraphQLCompositeType,
  type GraphQLSchema,
} from 'graphql'
import type { CompiledPart } from '../compile/compile-deferred.ts'
import { keyOf, type Position } from '../compile/position.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { typenameOf } from '../projection/compile-projection.ts'
import { isRow } from './merge-row.ts'
import { ResponseNode } from './response-node.ts'
import type { ResponsePath } from './response-path.ts'

/** An object that a deferred part is about. */
export type Place = Readonly<{
  /** The client's path to it. */
  path: ResponsePath
  value: unknown
  /** Of the field that has it, as far as is known of what is above. */
  type: GraphQLCompositeType
}>

type Types = Pick<Supergraph, 'apiSchema' | 'isSubtype' | 'objectTypes'>

/** What is walked through, side by side: what was fetched, and what of it the client has. */
type Pair = Readonly<{ value: unknown; sent: unknown; path: ResponsePath }>

/** A value whose type is not known yet may be of any: what is written of it tells. */
const mayBe = (typename: string, conditions: readonly string[], { isSubtype, objectTypes }: Types): boolean =>
  !objectTypes.has(typename) || conditions.every(condition => isSubtype(typename, condition))

const visitItems = ({ value, sent, path }: Pair, visit: (pair: Pair) => void): void => {
  if (!Array.isArray(value)) {
    if (value instanceof ResponseNode || isRow(value)) visit({ value, sent, path })
  } else if (Array.isArray(sent)) {
    value.forEach((item, index) =>
      visitItems({ value: item, sent: sent[index], path: [...path, index] }, visit),
    )
  }
}

/** The type of a field by what its object is: it may be more exact than where the fragment stands. */
const typeBelow = (
  schema: GraphQLSchema,
  typename: string,
  field: string,
): GraphQLCompositeType | undefined => {
  const type = schema.getType(typename)
  const definition = type !== undefined && 'getFields' in type ? type.getFields()[field] : undefined
  const below = definition === undefined ? undefined : getNamedType(definition.type)
  return isCompositeType(below) ? below : undefined
}

/**
 * The objects that a part is about: those that the client has, so that nothing is sent below a null.
 * @param root  of the operation, and the data that the client has
 */
export const placesOf = (
  { steps, conditions }: Pick<CompiledPart, 'steps' | 'conditions'>,
  root: Readonly<{
    node: ResponseNode
    position: Position
    type: GraphQLCompositeType
    sent: unknown
  }>,
  clientName: (name: string) => string,
  types: Types,
): readonly Place[] => {
  const places: Place[] = []
  const walk = (
    { value, sent, path }: Pair,
    type: GraphQLCompositeType,
    position: Position | undefined,
    depth: number,
  ): void => {
    if (!isRow(sent)) return
    // What a subgraph calls its root type is its own matter.
    const typename = isObjectType(type) ? type.name : (typenameOf(value, position) ?? type.name)
    const step = steps[depth]
    if (!mayBe(typename, step?.conditions ?? conditions, types)) return
    if (step === undefined) {
      places.push({ path, value, type })
      return
    }
    const field = position?.fields.get(step.name)
    const below = typeBelow(types.apiSchema, typename, step.field)
    if (position === undefined || field === undefined || below === undefined) return
    const key = keyOf(position, field)
    const held = value instanceof ResponseNode ? value.values : (value as Readonly<Record<string, unknown>>)
    const name = clientName(step.name)
    const pair = {
      value: (held as Readonly<Record<number | string, unknown>>)[key],
      sent: Object.hasOwn(sent, name) ? sent[name] : undefined,
      path: [...path, name],
    }
    visitItems(pair, item => walk(item, below, field.position, depth + 1))
  }
  walk({ value: root.node, sent: root.sent, path: [] }, root.type, root.position, 0)
  return places
}
