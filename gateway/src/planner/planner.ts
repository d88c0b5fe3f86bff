import type { QueryPlan } from './query-plan.ts'

/** Makes query plans for one supergraph, away from the event loop. Owns its workers: `close` ends them. */
export type Planner = Readonly<{
  /**
   * @param document  one operation and its fragments, valid against the API schema, made ready for planning
   *                  (see planning-document.ts)
   * @param labels    labels of `@override(label:)` that are on
   * @throws QUERY_PLANNING_FAILED, QUERY_PLANNING_TIMED_OUT
   */
  plan: (document: string, labels: readonly string[]) => Promise<QueryPlan>
  close: () => Promise<void>
}>
