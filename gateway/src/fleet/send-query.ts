import type { FetchContext } from '../executor/executor.ts'
import type { IsVerbatim, VerbatimData } from './fetch.ts'

/** One HTTP request to a subgraph. */
export type QueryRequest = Readonly<{
  subgraph: string
  /** JSON: `query`, `variables`. */
  body: string
  /** Whose request it is. Of several client requests: made up so that it is true for all of them. */
  context: FetchContext
  /** The client requests that it is sent for, first the one whose id it bears. */
  requestIds: readonly string[]
  /** It may be sent a second time when the connection breaks before anything came back. */
  idempotent: boolean
  /** An answer of which this holds is not parsed. */
  isVerbatim?: IsVerbatim | undefined
}>

/** What a subgraph answered, as parsed. */
export type SubgraphAnswer = Readonly<{
  data?: Readonly<Record<string, unknown>> | null
  /** In place of `data`. */
  verbatim?: VerbatimData
  errors?: readonly Readonly<{
    message: string
    path?: readonly (string | number)[]
    extensions?: Readonly<Record<string, unknown>>
  }>[]
  /** Length of its text. */
  bytes?: number
}>

/**
 * Sends one HTTP request to a subgraph, and advances the consistency of its context by what comes back.
 * @returns a well-formed GraphQL answer: `data` is an object, or there is an error
 * @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_BAD_RESPONSE, DEADLINE_EXCEEDED
 */
export type SendQuery = (request: QueryRequest) => Promise<SubgraphAnswer>

/** The URL that a supergraph has for a subgraph. */
export type UrlOf = (subgraph: string) => string | undefined

/** Makes what sends for one supergraph. */
export type SenderFor = (urlOf: UrlOf) => SendQuery
