import { flushCompileCache } from 'node:module'
import process from 'node:process'
import { createContext, Script } from 'node:vm'
import {
  parseOperation,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import type { PlannerMessage, PlannerStart, PlanRequest } from './planner-messages.ts'

// The one importer of the query planner. It runs as a process of its own: whatever happens here, out of memory too, the
// gateway goes on.

/** An invalid supergraph can have an error for each of its types, and the planner quotes whole selections. */
const mostLines = 5
const longestLine = 400

const middleCut = (line: string): string =>
  line.length <= longestLine ? line : `${line.slice(0, longestLine / 2)} … ${line.slice(-longestLine / 2)}`

const reasonOf = (error: unknown): string =>
  error instanceof Error
    ? error.message.split('\n').slice(0, mostLines).map(middleCut).join('\n')
    : String(error)

const say = (message: PlannerMessage): void => {
  process.send?.(message)
}

const loadPlanner = (start: PlannerStart): ((request: PlanRequest) => string) => {
  const supergraph = Supergraph.build(start.sdl, {
    // All that the planner can plan. What the gateway does not serve, reading the supergraph has refused before.
    supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
    validateSupergraph: !start.isKnownValid,
  })
  const planner = new QueryPlanner(supergraph, {
    // Plain operations: the executor merges them, and a fragment would have to be undone first.
    reuseQueryFragments: false,
    generateQueryFragments: false,
    // Plans of operations without `@defer` are the same with it.
    incrementalDelivery: { enableDefer: true },
    debug: { maxEvaluatedPlans: start.maxEvaluatedPlans, pathsLimit: start.maxPaths },
  })
  const apiSchema = supergraph.apiSchema()
  return ({ document, labels }) =>
    JSON.stringify(
      planner.buildQueryPlan(parseOperation(apiSchema, document), {
        overrideConditions: new Map(labels.map(label => [label, true])),
      }),
    )
}

/** Longer than the gateway waits before it kills. */
const graceMs = 500

/**
 * Runs what computes without a break, and breaks it off when it takes too long. That is for a gateway which was killed
 * itself: that it is gone is heard only between plans.
 */
const withinTime = (timeoutMs: number): ((work: () => string) => string) => {
  const script = new Script('work()')
  const room: { work?: () => string } = {}
  const context = createContext(room)
  return work => {
    room.work = work
    return script.runInContext(context, { timeout: timeoutMs + graceMs }) as string
  }
}

const trimmedAfterMs = 5000

/** Loading leaves garbage behind, 30 MB for 2,000 types, that would stay until the next collection: idle, for ever. */
const trim = (): void => {
  // A process that is killed keeps nothing of what it compiled, unless it is written before.
  flushCompileCache()
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

const serve = (start: PlannerStart): void => {
  let plan: (request: PlanRequest) => string
  try {
    plan = loadPlanner(start)
  } catch (error) {
    return say({ kind: 'refused', reason: reasonOf(error) })
  }
  const inTime = withinTime(start.timeoutMs)
  process.on('message', (request: PlanRequest) => {
    try {
      say({ kind: 'planned', plan: inTime(() => plan(request)) })
    } catch (error) {
      // The planner's own errors, and a stack overflow.
      say({ kind: 'failed', reason: reasonOf(error) })
    }
  })
  say({ kind: 'ready' })
  setTimeout(trim, trimmedAfterMs).unref()
}

// The gateway says when it is over. A signal to the whole group (Ctrl-C) must not take the planner from under a
// gateway that drains.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())
process.once('message', serve)
