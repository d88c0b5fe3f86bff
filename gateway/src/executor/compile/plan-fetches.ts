import { parse, type DocumentNode } from 'graphql'
import type { DeferNode, FetchNode, PlanNode } from '../../planner/query-plan.ts'
import { impossiblePlan } from './impossible-plan.ts'

/** A fetch node of a plan, where it arrives, and which ones (by number) must have ended before. */
export type PlannedFetch = Readonly<{
  node: FetchNode
  /** Its operation. */
  document: DocumentNode
  path: readonly (string | number)[]
  after: readonly number[]
}>

/**
 * The fetches of a plan in its order.
 * @throws QUERY_PLANNING_FAILED on a plan node of unknown kind
 */
export const planFetches = (root: PlanNode | DeferNode): readonly PlannedFetch[] => {
  const fetches: PlannedFetch[] = []
  /** @returns the numbers of all fetches below `node` */
  const visit = (
    node: PlanNode | DeferNode,
    path: readonly (string | number)[],
    after: readonly number[],
  ): readonly number[] => {
    switch (node.kind) {
      case 'Fetch':
        fetches.push({ node, document: parse(node.operation, { noLocation: true }), path, after })
        return [fetches.length - 1]
      case 'Flatten':
        return visit(node.node, [...path, ...node.path], after)
      case 'Parallel':
        return node.nodes.flatMap(child => visit(child, path, after))
      case 'Sequence': {
        let before = after
        return node.nodes.flatMap(child => {
          const numbers = visit(child, path, before)
          if (numbers.length > 0) before = numbers
          return numbers
        })
      }
      case 'Defer':
      default:
        throw impossiblePlan(`a plan node of unknown kind ${(node as { kind: string }).kind}`)
    }
  }
  visit(root, [], [])
  return fetches
}
