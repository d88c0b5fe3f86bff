import { setImmediate as nextTurn } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { OperationTypeNode } from 'graphql'
import { conditionVariables } from '../planner/conditions.ts'
import { deferredDocument, mentionsDefer } from '../planner/deferred-fragments.ts'
import type { Made } from '../planner/plan-cache.ts'
import type { PlanningDocument } from '../planner/planning-document.ts'
import type { QueryPlan } from '../planner/query-plan.ts'
import { compileDeferred, type CompiledDeferred } from './compile/compile-deferred.ts'
import { Ending, type EndSignal } from './end-signal.ts'
import type { Executor, FetchContext, IncrementalResult, Operation, Update } from './executor.ts'
import type { LabelsFor } from './override-labels.ts'
import { beginRun, withExtensions, type EngineParts } from './run-operation.ts'
import { DeferredRun } from './run/run-deferred.ts'

/** What it takes to plan an operation once more. */
export type PlannedOperation = Readonly<{
  text: string
  name: string | undefined
  /** Those that decide conditions. */
  variables: Readonly<Record<string, unknown>>
  labels: readonly string[]
  /** It was answered in parts. */
  inParts: boolean
}>

/** What it shares with the executor of whole answers. */
export type WholeExecutor = Readonly<{
  parts: EngineParts
  execute: Executor['execute']
  labelsFor: LabelsFor
  planFor: (planning: PlanningDocument, labels: readonly string[], background: boolean) => Promise<QueryPlan>
  /** Of compiled operations. `null`: nothing is deferred. */
  cached: (
    key: string,
    make: () => Promise<Made<CompiledDeferred | null, PlannedOperation>>,
  ) => CompiledDeferred | null | Promise<CompiledDeferred | null>
  bytesOf: (plan: QueryPlan, text: string) => number
}>

/** One that found the planner busy may do better another time. */
const isUnplannable = (error: unknown): boolean =>
  error instanceof MarqueeError &&
  (error.code === 'QUERY_PLANNING_FAILED' || error.code === 'QUERY_PLANNING_TIMED_OUT')

const notDeferred: Made<null> = Object.freeze({ value: null, bytes: 200 })

/** Ends with the request, and with its answer: nobody waits for what is fetched then. */
const endingWith = (signal: EndSignal): Readonly<{ ending: Ending; release: () => void }> => {
  const ending = new Ending()
  if (signal.aborted) ending.abort(signal.reason)
  const listener = { handleEvent: () => ending.abort(signal.reason) }
  signal.addEventListener('abort', listener)
  return { ending, release: () => signal.removeEventListener('abort', listener) }
}

const runInParts = async (
  parts: EngineParts,
  compiled: CompiledDeferred,
  operation: Operation,
  context: FetchContext,
): Promise<IncrementalResult> => {
  const { ending, release } = endingWith(context.signal)
  const end = (): void => {
    release()
    ending.abort()
  }
  const current = beginRun(parts, compiled, operation, { ...context, signal: ending })
  const deferred = new DeferredRun(compiled, current, parts.supergraph)
  const first = withExtensions(await deferred.first(), compiled, current)
  if (first.pending.length === 0) {
    end()
    return first
  }
  const updates = async function* (): AsyncGenerator<Update, void, undefined> {
    try {
      yield* deferred.updates()
    } finally {
      end()
    }
  }
  return { ...first, updates: updates() }
}

export type IncrementalExecutor = Readonly<{
  execute: NonNullable<Executor['executeIncrementally']>
  /** Plans and compiles an operation before anybody asks for it. */
  warm: (operation: Operation, labels: readonly string[]) => Promise<void>
}>

/**
 * Executes queries with `@defer` in parts. What has none, or has it switched off, or is a mutation, is answered as a
 * whole; so is what cannot be planned in parts, as the spec leaves it to a server what it defers.
 */
export const incrementalExecutor = (whole: WholeExecutor): IncrementalExecutor => {
  const { parts, labelsFor, planFor, bytesOf } = whole
  const decisive = new WeakMap<object, readonly string[] | null>()

  /** Variables that decide what is executed when; null where nothing can be deferred. */
  const variablesOf = ({ document, definition }: Operation): readonly string[] | null => {
    const known = decisive.get(definition)
    if (known !== undefined) return known
    const isDeferred = definition.operation === OperationTypeNode.QUERY && mentionsDefer(document, definition)
    const names = isDeferred ? conditionVariables(document, definition, { defer: true }) : null
    decisive.set(definition, names)
    return names
  }

  const make = async (
    { document, definition, variables, text, name }: Operation,
    labels: readonly string[],
    names: readonly string[],
    background: boolean,
  ): Promise<Made<CompiledDeferred | null, PlannedOperation>> => {
    const deferred = deferredDocument(document, definition, variables, parts.supergraph)
    if (deferred === undefined) return notDeferred
    try {
      const plan = await planFor(deferred.planning, labels, background)
      // In turns of their own, as whole operations are.
      await nextTurn()
      const value = compileDeferred(deferred, plan, parts.supergraph)
      await nextTurn()
      const given = Object.fromEntries(names.map(key => [key, variables[key]]))
      const source = Object.freeze({ text, name, variables: given, labels, inParts: true })
      const bytes = bytesOf(plan, deferred.planning.text)
      return { value, bytes, again: { source, bytes: text.length * 2 + 200 } }
    } catch (error) {
      if (isUnplannable(error)) return notDeferred
      throw error
    }
  }

  const compiledFor = (operation: Operation, labels: readonly string[], background: boolean) => {
    const names = variablesOf(operation)
    if (names === null) return null
    let key = `defer ${operation.hash} ${operation.name ?? ''}`
    for (const name of names) key += ` ${String(operation.variables[name])}`
    for (const label of labels) key += ` ${label}`
    return whole.cached(key, () => make(operation, labels, names, background))
  }

  return Object.freeze({
    execute: async (operation: Operation, context: FetchContext): Promise<IncrementalResult> => {
      const compiled = await compiledFor(operation, labelsFor(context), false)
      if (compiled !== null) return runInParts(parts, compiled, operation, context)
      return { ...(await whole.execute(operation, context)), pending: [] }
    },
    warm: async (operation: Operation, labels: readonly string[]) => {
      await compiledFor(operation, labels, true)
    },
  })
}
