import type { DeferNode, PlanNode } from '../../planner/query-plan.ts'

/** A plan with each of its parts changed: that of the first answer, and what is deferred. */
export const mapParts = (
  node: PlanNode | DeferNode,
  change: (part: PlanNode) => PlanNode,
): PlanNode | DeferNode => {
  if (node.kind !== 'Defer') return change(node)
  const within = <P extends DeferNode['primary']>(part: P): P =>
    part.node === undefined ? part : { ...part, node: mapParts(part.node, change) }
  return { ...node, primary: within(node.primary), deferred: node.deferred.map(within) }
}
