import type { QueryPlan } from './query-plan.ts'

export type PlanOptions = Readonly<{
  /** Nobody waits for it: every plan that somebody waits for is made first. */
  background?: boolean
}>

/** Makes query plans for one supergraph, away from the event loop. Owns its workers: `close` ends them. */
export type Planner = Readonly<{
  /**
   * Equal requests at one time are one computation.
   * @param document  one operation and its fragments, valid against the API schema, made ready for planning
   *                  (see planning-document.ts)
   * @param labels    labels of `@override(label:)` that are on, in any order
   * @returns the plan, frozen at every level: equal requests share it
   * @throws QUERY_PLANNING_FAILED, QUERY_PLANNING_TIMED_OUT, QUERY_PLANNER_BUSY when too many wait,
   *         SHUTTING_DOWN after `close`
   */
  plan: (document: string, labels: readonly string[], options?: PlanOptions) => Promise<QueryPlan>
  /** Ends the workers, in mid-plan too. What waits fails with SHUTTING_DOWN. */
  close: () => Promise<void>
}>
