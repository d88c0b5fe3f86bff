import type { GatewayConfig } from '../config.ts'
import type { RunFetches } from '../fleet/fetch.ts'
import type { Planner } from '../planner/planner.ts'
import type { Supergraph } from '../supergraph/supergraph.ts'
import type { CompiledOperation } from './compile/compile-operation.ts'
import { describePlan } from './describe-plan.ts'
import type { FetchContext, Operation, OperationResult } from './executor.ts'
import { unexplained, type Problem } from './projection/problems.ts'
import { runPlan } from './run/run-plan.ts'
import { createRun, type Run } from './run/run.ts'

export type EngineParts = Readonly<{
  config: GatewayConfig
  supergraph: Supergraph
  planner: Planner
  runFetches: RunFetches
}>

/** Variables by the names that the plan has for them. */
const renamed = (
  variables: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> =>
  Object.keys(names).length === 0
    ? variables
    : Object.fromEntries(Object.entries(variables).map(([name, value]) => [names[name] ?? name, value]))

/** A run that has asked no subgraph yet: what the gateway answers by itself is there. */
export const beginRun = (
  { supergraph, runFetches }: EngineParts,
  { plan, introspect, planning, clientSelection, isVerbatim }: CompiledOperation,
  operation: Operation,
  context: FetchContext,
): Run => {
  const variables = renamed(operation.variables, planning.renamedVariables)
  const current = createRun(plan.root, variables, {
    context,
    runFetches,
    clientName: planning.clientName,
    clientSelection,
    isObjectType: name => supergraph.objectTypes.has(name),
    isVerbatim,
  })
  introspect?.(current.root, variables)
  return current
}

/** A result with what an allowed caller wants to see beside it. */
export const withExtensions = <R extends OperationResult>(
  result: R,
  compiled: CompiledOperation,
  { context, trace }: Run,
): R => {
  const showsPlan = context.inspect?.plan === true
  if (!showsPlan && trace === undefined) return result
  const extensions = {
    ...(showsPlan && { plan: describePlan(compiled) }),
    ...(trace !== undefined && { trace: { fetches: trace } }),
  }
  return { ...result, extensions }
}

/** Runs an operation and answers it as a whole. */
export const runOperation = async (
  parts: EngineParts,
  compiled: CompiledOperation,
  operation: Operation,
  context: FetchContext,
): Promise<OperationResult> => {
  const current = beginRun(parts, compiled, operation, context)
  await runPlan(compiled.plan, current)
  const problems: Problem[] = []
  const data = current.verbatim ?? compiled.project(current.root, problems) ?? 'null'
  const errors = [...current.errors, ...unexplained(problems, current.errors, current.failures?.consequences)]
  return withExtensions({ data, errors }, compiled, current)
}
