import type { PlanSelection } from '../../planner/query-plan.ts'
import type { Failures } from '../run/failures.ts'
import { isRow, type Row } from '../run/merge-row.ts'
import { ResponseNode } from '../run/response-node.ts'
import { keyOf, type Position } from './position.ts'
import { fieldsFor, typenameOf, valueAt, type IsSubtype } from './representation.ts'

/** Is a value of what is selected of a node null because it failed? */
export type HasFailed = (node: ResponseNode, failures: Failures) => boolean

const isMissing = (value: unknown): boolean => value === null || value === undefined

/** Nothing is prepared: it is asked only in requests in which something failed. */
export const failedValues = (
  requires: readonly PlanSelection[],
  position: Position,
  isSubtype: IsSubtype,
): HasFailed => {
  const inValue = (
    value: unknown,
    selections: readonly PlanSelection[],
    at: Position | undefined,
    failures: Failures,
  ): boolean => {
    if (Array.isArray(value)) {
      return value.some((item, index) =>
        isMissing(item) ? failures.has(value, index) : inValue(item, selections, at, failures),
      )
    }
    const isObject = value instanceof ResponseNode || isRow(value)
    return isObject && selections.length > 0 && inObject(value, selections, at, failures)
  }
  const inObject = (
    value: ResponseNode | Row,
    selections: readonly PlanSelection[],
    at: Position | undefined,
    failures: Failures,
  ): boolean =>
    [...fieldsFor(selections, typenameOf(value, at), isSubtype)].some(([name, below]) => {
      const field = at?.fields.get(name)
      if (at === undefined || field === undefined) return false
      const key = keyOf(at, field)
      const next = valueAt(value, key)
      return isMissing(next) ? failures.has(value, key) : inValue(next, below, field.position, failures)
    })
  return (node, failures) => inObject(node, requires, position, failures)
}
