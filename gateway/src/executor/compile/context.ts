import type { KeyRenamer } from '../../planner/query-plan.ts'
import { jsonText } from '../json-text.ts'
import { isRow, type Row } from '../run/merge-row.ts'
import { ResponseNode } from '../run/response-node.ts'
import { keyOf, type Position } from './position.ts'
import type { IsSubtype } from './representation.ts'

/**
 * Reads a context argument (`@fromContext`): a variable that is filled from an object above the node.
 * `read` takes the nodes from the root to the target, one for each field on the way; it gives the value as JSON text,
 * undefined when there is none.
 */
export type ReadContext = Readonly<{
  variable: string
  read: (lineage: readonly ResponseNode[]) => string | undefined
}>

const conditionPrefix = '... on '

const typenameOf = (value: ResponseNode | Row): unknown =>
  value instanceof ResponseNode ? value.typename : value['__typename']

/** The value at a path of names and type conditions below `value`; through lists, element by element. */
const valueBelow = (
  value: unknown,
  path: readonly string[],
  position: Position | undefined,
  isSubtype: IsSubtype,
): unknown => {
  const [step, ...rest] = path
  if (step === undefined || value === null || value === undefined) return value
  if (Array.isArray(value)) return value.map(item => valueBelow(item, path, position, isSubtype) ?? null)
  if (!(value instanceof ResponseNode) && !isRow(value)) return undefined
  if (step.startsWith(conditionPrefix)) {
    const typename = typenameOf(value)
    const applies = typeof typename !== 'string' || isSubtype(typename, step.slice(conditionPrefix.length))
    return applies ? valueBelow(value, rest, position, isSubtype) : undefined
  }
  const field = position?.fields.get(step)
  if (position === undefined || field === undefined) return undefined
  const key = keyOf(position, field)
  const next = value instanceof ResponseNode ? value.values[key as number] : value[key]
  return valueBelow(next, rest, field.position, isSubtype)
}

/** Where the path of a context rewrite leads up to from a target, and the steps from there. */
export const contextOrigin = (
  { path }: KeyRenamer,
  position: Position,
): Readonly<{ levels: number; above: Position | undefined; steps: readonly string[] }> => {
  const levels = path.filter(step => step === '..').length
  let above: Position | undefined = position
  for (let level = 0; level < levels; level += 1) above = above?.parent
  return { levels, above, steps: path.filter(step => step !== '..') }
}

/**
 * @param rewrite   its path begins at the target; each `..` leaves one field, with all its list indexes
 * @param position  of the target
 */
export const compileContext = (
  rewrite: KeyRenamer,
  position: Position,
  isSubtype: IsSubtype,
): ReadContext => {
  const { levels, above, steps } = contextOrigin(rewrite, position)
  return Object.freeze({
    variable: rewrite.renameKeyTo,
    read: lineage => {
      const node = lineage.at(-1 - levels)
      const value = valueBelow(node, steps, above, isSubtype)
      return value === undefined ? undefined : jsonText(value)
    },
  })
}
