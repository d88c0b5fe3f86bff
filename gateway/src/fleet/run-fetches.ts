import type { GatewayConfig } from '../config.ts'
import type { FetchContext } from '../executor/executor.ts'
import { Call } from './call.ts'
import { publicCallerKey } from './caller-key.ts'
import { coalescer } from './coalesce.ts'
import { dispatcher, type Dispatch } from './dispatch.ts'
import { asFailure, failed } from './fetch-failures.ts'
import type { Fetch, FetchAnswer, RunFetches } from './fetch.ts'
import { Flight } from './flight.ts'
import { knownTemplates, type KnownTemplate } from './known-templates.ts'
import { flightsInProgress } from './share-in-flight.ts'
import type { RequestParts } from './subgraph-request.ts'

export type RunnerParts = RequestParts & Readonly<{ config: GatewayConfig }>

/** When a dispatch throws, it is a fault of ours: the flights fail, nobody hangs. */
const guarded =
  (dispatch: Dispatch): Dispatch =>
  flights => {
    try {
      dispatch(flights)
    } catch (bug) {
      for (const flight of flights) {
        flight.settle(failed(asFailure(flight.known.template.subgraph, bug)))
      }
    }
  }

const callerKeyOf = ({ isPublic }: KnownTemplate, context: FetchContext): string =>
  isPublic ? publicCallerKey : context.callerKey

/** A long answer that need not be parsed: in company it would have to be, which costs far more than a request. */
const staysBytes = ({ known, fetch }: Flight): boolean => known.isLong && fetch.isVerbatim !== undefined

/**
 * Makes the runner of fetches for one supergraph. Fetches of one call travel in one HTTP request; equal ones in
 * flight are shared; those of different client requests of equal callers travel together when they are ready at the
 * same moment. Nobody gets another answer by that than alone.
 */
export const fetchRunner = ({ config, ...parts }: RunnerParts): RunFetches => {
  const know = knownTemplates(config)
  const sharing = config.fetch.shareInFlight ? flightsInProgress() : undefined
  const dispatch = guarded(dispatcher(parts, config.fetch.maxBatch))
  const coalesce = coalescer(dispatch, config.fetch.maxCoalesced)
  const endQuery = (flight: Flight): void => sharing?.leave(flight)

  /** One after the other. What others have on its way may be older than what a mutation changed. */
  const mutate = (call: Call, fetches: readonly (readonly [number, Fetch])[]): void => {
    const [[index, fetch] = [], ...rest] = fetches
    if (index === undefined || fetch === undefined || call.context.signal.aborted) return
    const known = know(fetch.template)
    const flight = new Flight(fetch, known, callerKeyOf(known, call.context), call.context, () => {
      sharing?.forget()
      mutate(call, rest)
    })
    flight.join(call, index)
    dispatch([flight])
  }

  const launch = (call: Call, fetches: readonly Fetch[]): void => {
    const mutations: (readonly [number, Fetch])[] = []
    const ready: Flight[] = []
    for (const [index, fetch] of fetches.entries()) {
      if (fetch.template.form === 'mutation') {
        mutations.push([index, fetch])
        continue
      }
      const known = know(fetch.template)
      const own = new Flight(fetch, known, callerKeyOf(known, call.context), call.context, endQuery)
      const flight = sharing?.enter(own) ?? own
      flight.join(call, index)
      if (flight !== own) continue
      if (known.coalesces && !staysBytes(flight)) coalesce(flight)
      else ready.push(flight)
    }
    for (const isPublic of [false, true]) {
      const sameCaller = ready.filter(({ known }) => known.isPublic === isPublic)
      if (sameCaller.length > 0) dispatch(sameCaller)
    }
    mutate(call, mutations)
  }

  return (fetches, context) =>
    new Promise<readonly FetchAnswer[]>(resolve => {
      if (fetches.length === 0) return resolve([])
      const call = new Call(fetches, context, resolve)
      try {
        if (context.signal.aborted) call.handleEvent()
        else launch(call, fetches)
      } catch (bug) {
        call.answerRest(({ template }) => failed(asFailure(template.subgraph, bug)))
      }
    })
}
