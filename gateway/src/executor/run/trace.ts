import type { Fetch, FetchAnswer } from '../../fleet/fetch.ts'
import type { Lane } from '../compile/compile-plan.ts'

/** What one fetch of a request took. Times are in ms from the moment at which the request began to be executed. */
export type FetchTrace = Readonly<{
  subgraph: string
  paths: readonly string[]
  representations: number
  startMs: number
  endMs: number
  requestBytes: number
  answerBytes: number
  /** Other client requests whose fetches travelled in the same HTTP request. */
  coalescedWith: number
  /** Somebody else had asked the same already, and it was not sent again. */
  shared: boolean
  code?: string
}>

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000

/** @param beganAt  `performance.now()` when the request began to be executed */
export const traceFetch = (lane: Lane, fetch: Fetch, answer: FetchAnswer, beganAt: number): FetchTrace => {
  const { sent, failure } = answer
  return {
    subgraph: lane.template.subgraph,
    paths: lane.fetches.map(({ path }) => path.join('.')),
    representations: fetch.representations?.length ?? 0,
    startMs: rounded((sent?.startedAt ?? beganAt) - beganAt),
    endMs: rounded((sent?.endedAt ?? performance.now()) - beganAt),
    requestBytes: sent?.requestBytes ?? 0,
    answerBytes: sent?.answerBytes ?? 0,
    coalescedWith: sent?.coalescedWith ?? 0,
    shared: sent?.shared ?? false,
    ...(failure !== undefined && { code: failure.code }),
  }
}
