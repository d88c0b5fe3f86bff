import { parentPort, workerData } from 'node:worker_threads'
import {
  parseOperation,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import type { PlannerMessage, PlannerThreadData, PlanRequest } from './planner-messages.ts'

// The one importer of the query planner. It runs as a thread: whatever happens here, the event loop does not wait.

/** An invalid supergraph can have an error for each of its types, and the planner quotes whole selections. */
const mostLines = 5
const longestLine = 400

const middleCut = (line: string): string =>
  line.length <= longestLine ? line : `${line.slice(0, longestLine / 2)} … ${line.slice(-longestLine / 2)}`

const reasonOf = (error: unknown): string =>
  error instanceof Error
    ? error.message.split('\n').slice(0, mostLines).map(middleCut).join('\n')
    : String(error)

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const say = (message: PlannerMessage): void => parentPort?.postMessage(message)

const loadPlanner = (data: PlannerThreadData): ((request: PlanRequest) => string) => {
  const supergraph = Supergraph.build(data.sdl, {
    // All that the planner can plan. What the gateway does not serve, reading the supergraph has refused before.
    supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
    validateSupergraph: !data.isKnownValid,
  })
  const planner = new QueryPlanner(supergraph, {
    // Plain operations: the executor merges them, and a fragment would have to be undone first.
    reuseQueryFragments: false,
    generateQueryFragments: false,
    // Plans of operations without `@defer` are the same with it.
    incrementalDelivery: { enableDefer: true },
    debug: { maxEvaluatedPlans: data.maxEvaluatedPlans, pathsLimit: data.maxPaths },
  })
  const apiSchema = supergraph.apiSchema()
  return ({ document, labels }) =>
    JSON.stringify(
      planner.buildQueryPlan(parseOperation(apiSchema, document), {
        overrideConditions: new Map(labels.map(label => [label, true])),
      }),
    )
}

const serve = (): void => {
  let plan: (request: PlanRequest) => string
  try {
    plan = loadPlanner(workerData as PlannerThreadData)
  } catch (error) {
    return say({ kind: 'refused', reason: reasonOf(error) })
  }
  parentPort?.on('message', (request: PlanRequest) => {
    try {
      say({ kind: 'planned', plan: plan(request) })
    } catch (error) {
      // The planner's own errors, and a stack overflow.
      say({ kind: 'failed', reason: reasonOf(error) })
    }
  })
  say({ kind: 'ready' })
}

serve()
