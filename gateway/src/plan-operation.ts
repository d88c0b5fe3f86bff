import { MarqueeError } from '@marquee/contract'
import { OperationTypeNode, type GraphQLSchema } from 'graphql'
import type { GatewayConfig } from './config.ts'
import { documentStore, type ValidDocument } from './documents/document-store.ts'
import { pickOperation } from './documents/pick-operation.ts'
import { RequestErrors } from './errors/request-errors.ts'
import { compileDeferred } from './executor/compile/compile-deferred.ts'
import { compileOperation } from './executor/compile/compile-operation.ts'
import { describePlan, type PlanDescription } from './executor/describe-plan.ts'
import { deferredDocument } from './planner/deferred-fragments.ts'
import { planningDocument } from './planner/planning-document.ts'
import { startPlanner } from './planner/planner-pool.ts'
import { readSupergraph } from './supergraph/read-supergraph.ts'

export type OperationToPlan = Readonly<{
  text: string
  /** Needed when the text has several operations. */
  operationName?: string | undefined
  /** Those in `@skip`, `@include` and `@defer` decide what is planned. */
  variables?: Readonly<Record<string, unknown>>
  /** Labels of `@override(label:)` that are on. */
  labels?: readonly string[]
}>

/** For callers that are no GraphQL clients: the first problem of several in one error. */
const prepare = (schema: GraphQLSchema, config: GatewayConfig, text: string): ValidDocument => {
  try {
    return documentStore(schema, config, () => {}).prepare(text)
  } catch (error) {
    if (!(error instanceof RequestErrors)) throw error
    throw new MarqueeError(error.code, { reason: error.errors[0]?.message ?? '' }, { cause: error })
  }
}

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
  const supergraph = readSupergraph(sdl, config)
  const valid = prepare(supergraph.apiSchema, config, text)
  const definition = pickOperation(valid, operationName)
  const deferred =
    definition.operation === OperationTypeNode.QUERY
      ? deferredDocument(valid.document, definition, variables, supergraph)
      : undefined
  const planning = deferred?.planning ?? planningDocument(valid.document, definition, variables, supergraph)
  const planner = await startPlanner(supergraph.plannerSdl, config.planner)
  try {
    const plan =
      planning.text === '' ? { kind: 'QueryPlan' as const } : await planner.plan(planning.text, labels)
    return describePlan(
      deferred === undefined
        ? compileOperation(planning, plan, supergraph)
        : compileDeferred(deferred, plan, supergraph),
    )
  } finally {
    await planner.close()
  }
}
