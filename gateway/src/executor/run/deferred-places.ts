import type { GraphQLCompositeType } from 'graphql'
import type { CompiledPart } from '../compile/compile-deferred.ts'
import { keyOf, type Position } from '../compile/position.ts'
import { typenameOf } from '../projection/compile-projection.ts'
import { isRow } from './merge-row.ts'
import { ResponseNode } from './response-node.ts'
import type { ResponsePath } from './visit-targets.ts'

/** An object that a deferred part is about, and the client's path to it. */
export type Place = Readonly<{ path: ResponsePath; value: unknown }>

type Types = Readonly<{
  isSubtype: (type: string, condition: string) => boolean
  objectTypes: ReadonlySet<string>
}>

/** What is walked through, side by side: what was fetched, and what of it the client has. */
type Pair = Readonly<{ value: unknown; sent: unknown; path: ResponsePath }>

/** A value whose type is not known yet may be of any: what is written of it tells. */
const mayBe = (
  value: unknown,
  position: Position | undefined,
  type: GraphQLCompositeType | undefined,
  conditions: readonly string[],
  { isSubtype, objectTypes }: Types,
): boolean => {
  const known = typenameOf(value, position) ?? type?.name
  if (known === undefined || !objectTypes.has(known)) return true
  return conditions.every(condition => isSubtype(known, condition))
}

const visitItems = ({ value, sent, path }: Pair, visit: (pair: Pair) => void): void => {
  if (!Array.isArray(value)) {
    if (value instanceof ResponseNode || isRow(value)) visit({ value, sent, path })
  } else if (Array.isArray(sent)) {
    value.forEach((item, index) => visitItems({ value: item, sent: sent[index], path: [...path, index] }, visit))
  }
}

/**
 * The objects that a part is about: those that the client has, so that nothing is sent below a null.
 * @param sent  the data that the client has
 */
export const placesOf = (
  { steps, conditions, type }: CompiledPart,
  root: Readonly<{ node: ResponseNode; position: Position; sent: unknown }>,
  clientName: (name: string) => string,
  types: Types,
): readonly Place[] => {
  const places: Place[] = []
  const walk = ({ value, sent, path }: Pair, position: Position | undefined, depth: number): void => {
    if (!isRow(sent)) return
    const step = steps[depth]
    if (step === undefined) {
      if (mayBe(value, position, type, conditions, types)) places.push({ path, value })
      return
    }
    const field = position?.fields.get(step.name)
    if (position === undefined || field === undefined) return
    if (!mayBe(value, position, undefined, step.conditions, types)) return
    const key = keyOf(position, field)
    const below = value instanceof ResponseNode ? value.values[key as number] : (value as Record<string, unknown>)[key]
    const name = clientName(step.name)
    const pair = { value: below, sent: Object.hasOwn(sent, name) ? sent[name] : undefined, path: [...path, name] }
    visitItems(pair, item => walk(item, field.position, depth + 1))
  }
  walk({ value: root.node, sent: root.sent, path: [] }, root.position, 0)
  return places
}
