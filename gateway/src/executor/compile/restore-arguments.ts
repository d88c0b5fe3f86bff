import { Kind, parse, print, visit, type FieldNode } from 'graphql'
import type { PlanSelection } from '../../planner/query-plan.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { impossiblePlan } from './impossible-plan.ts'

type Known = Pick<Supergraph, 'standIns' | 'isSubtype'>

/** An operation with what stands in for fields with arguments given back: `size__required_1: size(unit: "inch")`. */
export const restoreArguments = (operation: string, { standIns }: Pick<Supergraph, 'standIns'>): string => {
  const restore = (node: FieldNode): FieldNode | undefined => {
    const standIn = standIns.get(node.name.value)
    if (standIn === undefined) return undefined
    const { name, alias = name } = node
    return { ...node, alias, name: { ...name, value: standIn.field }, arguments: standIn.arguments }
  }
  return print(visit(parse(operation, { noLocation: true }), { [Kind.FIELD]: { leave: restore } }))
}

type Sent = Readonly<{ written: string; name: string; type: string | undefined; below: PlanSelection[] }>

const sentBy = (
  selections: readonly PlanSelection[],
  { standIns }: Pick<Known, 'standIns'>,
  type: string | undefined,
): readonly Sent[] =>
  selections.flatMap(node => {
    if (node.kind === 'InlineFragment') {
      return sentBy(node.selections, { standIns }, node.typeCondition ?? type)
    }
    const written = standIns.get(node.name)?.field ?? node.name
    return [{ written, name: node.name, type, below: [...(node.selections ?? [])] }]
  })

const mayMeet = (a: string | undefined, b: string | undefined, { isSubtype }: Known): boolean =>
  a === undefined || b === undefined || isSubtype(a, b) || isSubtype(b, a)

/**
 * @throws QUERY_PLANNING_FAILED when one representation would need two values for one field
 */
export const checkRepresentation = (requires: readonly PlanSelection[], known: Known): void => {
  const sent = sentBy(requires, known, undefined)
  for (const [index, one] of sent.entries()) {
    for (const other of sent.slice(index + 1)) {
      if (one.written !== other.written || one.name === other.name) continue
      if (!mayMeet(one.type, other.type, known)) continue
      throw impossiblePlan(`${one.written} is required twice, with different arguments`)
    }
  }
  const names = new Set(sent.map(({ name }) => name))
  for (const name of names) {
    const below = sent.flatMap(one => (one.name === name ? one.below : []))
    if (below.length > 0) checkRepresentation(below, known)
  }
}
