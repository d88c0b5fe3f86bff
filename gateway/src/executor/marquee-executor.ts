import type { GatewayConfig } from '../config.ts'
import type { RunFetches } from '../fleet/fetch.ts'
import { planCache } from '../planner/plan-cache.ts'
import { conditionVariables, planningDocument } from '../planner/planning-document.ts'
import type { Planner } from '../planner/planner.ts'
import type { Supergraph } from '../supergraph/supergraph.ts'
import { compileOperation, type CompiledOperation } from './compile/compile-operation.ts'
import type { Executor, FetchContext, Operation, OperationResult } from './executor.ts'
import { labelDecider } from './override-labels.ts'
import { unexplained, type Problem } from './projection/problems.ts'
import { runPlan } from './run/run-plan.ts'
import { createRun } from './run/run.ts'

export type EngineParts = Readonly<{
  config: GatewayConfig
  supergraph: Supergraph
  planner: Planner
  runFetches: RunFetches
}>

const noPlan = Object.freeze({ kind: 'QueryPlan' })

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
  const { plan, project, introspect, planning } = compiled
  const variables = renamed(operation.variables, planning.renamedVariables)
  const current = createRun(plan.root, variables, {
    context,
    runFetches,
    clientName: planning.clientName,
    isObjectType: name => supergraph.objectTypes.has(name),
  })
  introspect?.(current.root, variables)
  await runPlan(plan, current)
  const problems: Problem[] = []
  const data = project(current.root, problems) ?? 'null'
  return { data, errors: [...current.errors, ...unexplained(problems, current.errors)] }
}

/** Executes operations by compiled plans: see docs/engine.md. */
export const marqueeExecutor = (parts: EngineParts): Executor => {
  const { config, supergraph, planner } = parts
  const labelsFor = labelDecider(supergraph.overrideLabels, config.overrides)
  const conditions = new WeakMap<object, readonly string[]>()
  const compiled = planCache<CompiledOperation>({ maxBytes: config.planner.cacheMiB * 1024 * 1024 })

  const conditionsOf = ({ document, definition }: Operation): readonly string[] => {
    const known = conditions.get(definition)
    if (known !== undefined) return known
    const names = conditionVariables(document, definition)
    conditions.set(definition, names)
    return names
  }

  const make = async (operation: Operation, labels: readonly string[]) => {
    const { document, definition, variables } = operation
    const planning = planningDocument(document, definition, variables, supergraph)
    const queryPlan = planning.text === '' ? noPlan : await planner.plan(planning.text, labels)
    const value = compileOperation(planning, queryPlan, supergraph)
    return { value, bytes: JSON.stringify(queryPlan).length * 10 + planning.text.length * 20 }
  }

  return Object.freeze({
    schema: supergraph.apiSchema,
    execute: async (operation: Operation, context: FetchContext) => {
      const labels = labelsFor(context)
      let key = `${operation.hash} ${operation.name ?? ''}`
      for (const name of conditionsOf(operation)) key += ` ${String(operation.variables[name])}`
      for (const label of labels) key += ` ${label}`
      const ready = await compiled.get(key, () => make(operation, labels))
      return run(parts, ready, operation, context)
    },
  })
}
