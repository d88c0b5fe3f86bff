import type { GatewayConfig } from '../config.ts'
import type { RunFetches } from '../fleet/fetch.ts'
import { planCache } from '../planner/plan-cache.ts'
import { conditionVariables, planningDocument } from '../planner/planning-document.ts'
import type { Planner } from '../planner/planner.ts'
import type { QueryPlan } from '../planner/query-plan.ts'
import type { Supergraph } from '../supergraph/supergraph.ts'
import { compileOperation, type CompiledOperation } from './compile/compile-operation.ts'
import { describePlan } from './describe-plan.ts'
import type { Executor, FetchContext, Operation, OperationResult } from './executor.ts'
import { labelDecider } from './override-labels.ts'
import { unexplained, type Problem } from './projection/problems.ts'
import { runPlan } from './run/run-plan.ts'
import { createRun } from './run/run.ts'
import { withSharedExecutions } from './share-executions.ts'

export type EngineParts = Readonly<{
  config: GatewayConfig
  supergraph: Supergraph
  planner: Planner
  runFetches: RunFetches
}>

const noPlan: QueryPlan = Object.freeze({ kind: 'QueryPlan' })

/** Variables by the names that the plan has for them. */
const renamed = (
  variables: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> =>
  Object.keys(names).length === 0
    ? variables
    : Object.fromEntries(Object.entries(variables).map(([name, value]) => [names[name] ?? name, value]))

const run = async (
  { supergraph, runFetches }: EngineParts,
  compiled: CompiledOperation,
  operation: Operation,
  context: FetchContext,
): Promise<OperationResult> => {
  const { plan, project, introspect, planning, clientSelection } = compiled
  const variables = renamed(operation.variables, planning.renamedVariables)
  const current = createRun(plan.root, variables, {
    context,
    runFetches,
    clientName: planning.clientName,
    clientSelection,
    isObjectType: name => supergraph.objectTypes.has(name),
    isVerbatim: compiled.isVerbatim,
  })
  introspect?.(current.root, variables)
  await runPlan(plan, current)
  const problems: Problem[] = []
  const data = current.verbatim ?? project(current.root, problems) ?? 'null'
  const errors = [...current.errors, ...unexplained(problems, current.errors, current.failures?.consequences)]
  const showsPlan = context.inspect?.plan === true
  if (!showsPlan && current.trace === undefined) return { data, errors }
  const extensions = {
    ...(showsPlan && { plan: describePlan(compiled) }),
    ...(current.trace !== undefined && { trace: { fetches: current.trace } }),
  }
  return { data, errors, extensions }
}

/** What it takes to plan an operation once more. */
export type PlannedOperation = Readonly<{
  text: string
  name: string | undefined
  /** Those that decide conditions. */
  variables: Readonly<Record<string, unknown>>
  labels: readonly string[]
}>

export type MarqueeExecutor = Executor &
  Readonly<{
    /** What was executed most, first what was most. */
    mostUsed: (count: number) => readonly PlannedOperation[]
    /** Plans and compiles an operation before anybody asks for it; plans that are waited for go first. */
    warm: (operation: Operation, labels: readonly string[]) => Promise<void>
  }>

/** Memory of a compiled operation by its parts: measured on operations of 10 to 400 fields. */
const bytesOf = (queryPlan: QueryPlan, text: string): number =>
  JSON.stringify(queryPlan).length * 10 + text.length * 20

/** Executes operations by compiled plans: see docs/engine.md. */
export const marqueeExecutor = (parts: EngineParts): MarqueeExecutor => {
  const { config, supergraph, planner } = parts
  const labelsFor = labelDecider(supergraph.overrideLabels, config.overrides)
  const conditions = new WeakMap<object, readonly string[]>()
  const compiled = planCache<CompiledOperation, PlannedOperation>({
    maxBytes: config.planner.cacheMiB * 1024 * 1024,
  })

  const conditionsOf = ({ document, definition }: Operation): readonly string[] => {
    const known = conditions.get(definition)
    if (known !== undefined) return known
    const names = conditionVariables(document, definition)
    conditions.set(definition, names)
    return names
  }

  const make = async (operation: Operation, labels: readonly string[], background: boolean) => {
    const { document, definition, variables, text, name } = operation
    const planning = planningDocument(document, definition, variables, supergraph)
    const queryPlan =
      planning.text === '' ? noPlan : await planner.plan(planning.text, labels, { background })
    const value = compileOperation(planning, queryPlan, supergraph)
    const decisive = Object.fromEntries(conditionsOf(operation).map(key => [key, variables[key]]))
    const source = Object.freeze({ text, name, variables: decisive, labels })
    return {
      value,
      bytes: bytesOf(queryPlan, planning.text),
      again: { source, bytes: text.length * 2 + 200 },
    }
  }

  const compiledFor = (operation: Operation, labels: readonly string[], background: boolean) => {
    let key = `${operation.hash} ${operation.name ?? ''}`
    for (const name of conditionsOf(operation)) key += ` ${String(operation.variables[name])}`
    for (const label of labels) key += ` ${label}`
    return compiled.get(key, () => make(operation, labels, background))
  }

  const execute = async (operation: Operation, context: FetchContext): Promise<OperationResult> =>
    run(parts, await compiledFor(operation, labelsFor(context), false), operation, context)

  return Object.freeze({
    schema: supergraph.apiSchema,
    execute: config.fetch.shareInFlight ? withSharedExecutions(execute) : execute,
    mostUsed: compiled.mostUsed,
    warm: async (operation: Operation, labels: readonly string[]) => {
      await compiledFor(operation, labels, true)
    },
  })
}
