import type { GatewayConfig } from './config.ts'
import { documentStore } from './documents/document-store.ts'
import { pickOperation } from './documents/pick-operation.ts'
import { compileOperation } from './executor/compile/compile-operation.ts'
import { describePlan, type PlanDescription } from './executor/describe-plan.ts'
import { planningDocument } from './planner/planning-document.ts'
import { startPlanner } from './planner/planner-pool.ts'
import { readSupergraph } from './supergraph/read-supergraph.ts'

export type OperationToPlan = Readonly<{
  text: string
  /** Needed when the text has several operations. */
  operationName?: string | undefined
  /** Those in `@skip` and `@include` decide what is planned. */
  variables?: Readonly<Record<string, unknown>>
  /** Labels of `@override(label:)` that are on. */
  labels?: readonly string[]
}>

/**
 * Plans an operation as the gateway would, and sends nothing.
 * @param sdl  a supergraph
 * @throws SUPERGRAPH_INVALID, and whatever is wrong with the operation
 */
export const planOperation = async (
  sdl: string,
  config: GatewayConfig,
  { text, operationName, variables = {}, labels = [] }: OperationToPlan,
): Promise<PlanDescription> => {
  const supergraph = readSupergraph(sdl)
  const valid = documentStore(supergraph.apiSchema, config, () => {}).prepare(text)
  const definition = pickOperation(valid, operationName)
  const planning = planningDocument(valid.document, definition, variables, supergraph)
  const planner = await startPlanner(supergraph.plannerSdl, config.planner)
  try {
    const plan =
      planning.text === '' ? { kind: 'QueryPlan' as const } : await planner.plan(planning.text, labels)
    return describePlan(compileOperation(planning, plan, supergraph))
  } finally {
    await planner.close()
  }
}
