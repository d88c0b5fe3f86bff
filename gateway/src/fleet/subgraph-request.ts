import { anonymous, type ConsistencyToken, type MarqueeError } from '@marquee/contract'
import { consistencyLedger } from '../executor/consistency-ledger.ts'
import { Ending, type EndSignal } from '../executor/end-signal.ts'
import type { ConsistencyLedger, FetchContext } from '../executor/executor.ts'
import { asFailure, failed } from './fetch-failures.ts'
import type { IsVerbatim, SentRequest } from './fetch.ts'
import type { Flight } from './flight.ts'
import type { QueryRequest, SendQuery, SubgraphAnswer } from './send-query.ts'

/** What became of one HTTP request. */
export type RequestObservation = Readonly<{
  subgraph: string
  /** `ok`, or the code of the failure. */
  outcome: string
  seconds: number
  fetches: number
  representations: number
  clientRequests: number
}>

export type Observe = (observation: RequestObservation) => void

/** What an HTTP request brought: an answer or a failure. */
export type Brought = Readonly<{
  answer: SubgraphAnswer | undefined
  failure: MarqueeError | undefined
  sent: SentRequest
}>

/** What all who wait have seen together; and all of them will have seen what the answer brings. */
const commonLedger = (flights: readonly Flight[], contexts: readonly FetchContext[]): ConsistencyLedger => {
  const [first] = contexts as [FetchContext]
  let seen = first.consistency.token()
  if (contexts.length > 1) {
    const merged = consistencyLedger(seen)
    for (const { consistency } of contexts) merged.advance(consistency.token())
    seen = merged.token()
  }
  return {
    token: () => seen,
    // Who joined since is among them.
    advance: (token: ConsistencyToken) => {
      for (const flight of flights) {
        for (const { consistency } of flight.contexts()) consistency.advance(token)
      }
    },
  }
}

const distinctContexts = (flights: readonly Flight[]): readonly FetchContext[] => {
  const [only] = flights
  const contexts =
    only !== undefined && flights.length === 1
      ? only.contexts()
      : flights.flatMap(flight => flight.contexts())
  return contexts.length === 1 ? contexts : [...new Set(contexts)]
}

const latest = (contexts: readonly FetchContext[]): FetchContext =>
  contexts.reduce((a, b) => (b.deadlineAt > a.deadlineAt ? b : a))

/** A context that is true for all whose flights travel in one request: they are equal callers. */
const commonContext = (
  flights: readonly Flight[],
  contexts: readonly FetchContext[],
  signal: EndSignal,
): FetchContext => {
  const [flight] = flights as [Flight]
  const { deadlineAt, deadlineMs } = latest(contexts)
  const { requestId, identity, forwarded } = flight.context
  const { isPublic } = flight.known
  return {
    requestId,
    identity: isPublic ? anonymous : identity,
    callerKey: flight.callerKey,
    signal,
    deadlineAt,
    deadlineMs,
    forwarded: isPublic ? {} : forwarded,
    consistency: commonLedger(flights, contexts),
  }
}

/** Lets go of a request once none of its flights needs it. */
const carrierOf = (flights: readonly Flight[], ending: Ending): { end: () => void } => {
  let needed = flights.length
  let ended = false
  const carrier = {
    drop: () => {
      needed -= 1
      if (needed === 0 && !ended) ending.abort()
    },
  }
  for (const flight of flights) flight.carriedBy(carrier)
  return {
    end: () => {
      ended = true
    },
  }
}

export type RequestParts = Readonly<{ send: SendQuery; observe?: Observe }>

/** Everything that one HTTP request consists of. `representations`: how many of them are in `body`. */
export type Cargo = Readonly<{
  flights: readonly Flight[]
  body: string
  representations: number
  isVerbatim: IsVerbatim | undefined
}>

const begin = (send: SendQuery, request: QueryRequest): Promise<SubgraphAnswer> => {
  try {
    return send(request)
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * Sends one HTTP request for some flights. It goes on until the last of those who wait for them has left.
 * @param bring  gets what came of it, once. When it throws, the flights fail
 */
export const sendForFlights = (
  parts: RequestParts,
  cargo: Cargo,
  bring: (brought: Brought) => void,
): void => {
  const { flights, body, representations, isVerbatim } = cargo
  const [{ known }] = flights as [Flight]
  const { subgraph, form } = known.template
  const contexts = distinctContexts(flights)
  const ending = new Ending()
  const context = commonContext(flights, contexts, ending)
  for (const flight of flights) flight.deadlineAt = context.deadlineAt
  const carrier = carrierOf(flights, ending)
  const startedAt = performance.now()

  const finish = (answer: SubgraphAnswer | undefined, failure: MarqueeError | undefined): void => {
    const endedAt = performance.now()
    const requestBytes = Buffer.byteLength(body)
    const coalescedWith = contexts.length - 1
    const answerBytes = answer?.bytes ?? 0
    carrier.end()
    try {
      bring({
        answer,
        failure,
        sent: { startedAt, endedAt, requestBytes, answerBytes, coalescedWith, shared: false },
      })
      parts.observe?.({
        subgraph,
        outcome: failure?.code ?? 'ok',
        seconds: (endedAt - startedAt) / 1000,
        fetches: flights.length,
        representations,
        clientRequests: contexts.length,
      })
    } catch (bug) {
      for (const flight of flights) flight.settle(failed(asFailure(subgraph, bug)))
    }
  }
  const requestIds = contexts.map(({ requestId }) => requestId)
  const idempotent = form !== 'mutation'
  void begin(parts.send, { subgraph, body, context, requestIds, idempotent, isVerbatim }).then(
    answer => {
      if (typeof answer === 'object' && answer !== null) finish(answer, undefined)
      else finish(undefined, asFailure(subgraph, new Error('no answer was given')))
    },
    error => finish(undefined, asFailure(subgraph, error)),
  )
}
