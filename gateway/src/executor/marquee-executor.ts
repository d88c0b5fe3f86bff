import { setImmediate as nextTurn } from 'node:timers/promises'
import { planCache } from '../planner/plan-cache.ts'
import { conditionVariables, planningDocument, type PlanningDocument } from '../planner/planning-document.ts'
import type { QueryPlan } from '../planner/query-plan.ts'
import type { CompiledDeferred } from './compile/compile-deferred.ts'
import { compileOperation, type CompiledOperation } from './compile/compile-operation.ts'
import type { Executor, FetchContext, Operation, OperationResult } from './executor.ts'
import { incrementalExecutor, type PlannedOperation, type WholeExecutor } from './incremental-executor.ts'
import { labelDecider } from './override-labels.ts'
import { runOperation, type EngineParts } from './run-operation.ts'
import { withSharedExecutions } from './share-executions.ts'

const noPlan: QueryPlan = Object.freeze({ kind: 'QueryPlan' })

export type MarqueeExecutor = Executor &
  Readonly<{
    /** What was executed most, first what was most. */
    mostUsed: (count: number) => readonly PlannedOperation[]
    /** Plans and compiles an operation before anybody asks for it; plans that are waited for go first. */
    warm: (operation: Operation, labels: readonly string[], inParts: boolean) => Promise<void>
  }>

/** Memory of a compiled operation by its parts: measured on operations of 10 to 400 fields. */
const bytesOf = (queryPlan: QueryPlan, text: string): number =>
  JSON.stringify(queryPlan).length * 10 + text.length * 20

/** Executes operations by compiled plans: see docs/engine.md. */
export const marqueeExecutor = (parts: EngineParts): MarqueeExecutor => {
  const { config, supergraph, planner } = parts
  const labelsFor = labelDecider(supergraph.overrideLabels, config.overrides)
  const conditions = new WeakMap<object, readonly string[]>()
  const compiled = planCache<CompiledOperation | CompiledDeferred | null, PlannedOperation>({
    maxBytes: config.planner.cacheMiB * 1024 * 1024,
  })

  const conditionsOf = ({ document, definition }: Operation): readonly string[] => {
    const known = conditions.get(definition)
    if (known !== undefined) return known
    const names = conditionVariables(document, definition)
    conditions.set(definition, names)
    return names
  }

  const planFor = async ({ text }: PlanningDocument, labels: readonly string[], background: boolean) =>
    text === '' ? noPlan : planner.plan(text, labels, { background })

  const make = async (operation: Operation, labels: readonly string[], background: boolean) => {
    const { document, definition, variables, text, name } = operation
    const planning = planningDocument(document, definition, variables, supergraph)
    const queryPlan = await planFor(planning, labels, background)
    // Turns of their own for reading the plan, compiling it, and what is run then: each takes milliseconds, once, for
    // which other requests need not wait in one piece.
    await nextTurn()
    const value = compileOperation(planning, queryPlan, supergraph)
    await nextTurn()
    const decisive = Object.fromEntries(conditionsOf(operation).map(key => [key, variables[key]]))
    const source = Object.freeze({ text, name, variables: decisive, labels, inParts: false })
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
    return compiled.get(key, () => make(operation, labels, background)) as
      | CompiledOperation
      | Promise<CompiledOperation>
  }

  const execute = async (operation: Operation, context: FetchContext): Promise<OperationResult> =>
    runOperation(parts, await compiledFor(operation, labelsFor(context), false), operation, context)
  const shared = config.fetch.shareInFlight ? withSharedExecutions(execute) : execute
  const cached = compiled.get as WholeExecutor['cached']
  const incremental = config.defer
    ? incrementalExecutor({ parts, execute: shared, labelsFor, planFor, cached, bytesOf })
    : undefined

  return Object.freeze({
    schema: supergraph.apiSchema,
    execute: shared,
    ...(incremental !== undefined && { executeIncrementally: incremental.execute }),
    mostUsed: compiled.mostUsed,
    warm: async (operation: Operation, labels: readonly string[], inParts: boolean) => {
      if (inParts) await incremental?.warm(operation, labels)
      else await compiledFor(operation, labels, true)
    },
  })
}
