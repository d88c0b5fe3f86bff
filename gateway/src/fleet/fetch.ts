import type { MarqueeError } from '@marquee/contract'
import type { DocumentNode } from 'graphql'
import type { FetchContext } from '../executor/executor.ts'

/**
 * What a fetch node of a plan asks, compiled once for all requests and frozen. Fetches of one template ask the same
 * thing of the same subgraph; only variables and representations differ.
 */
export type FetchTemplate = Readonly<{
  subgraph: string
  /**
   * `query` and `mutation`: fields at the root. `entities`: one root field
   * `_entities(representations: $representations)`, without an alias.
   */
  form: 'query' | 'mutation' | 'entities'
  /** The operation as it is sent when it travels alone. */
  text: string
  /** The same, parsed, for making it travel together with others. */
  document: DocumentNode
  /** Variables that it uses, `representations` aside. */
  variableNames: readonly string[]
  /** Its answer is the same for every caller: it may be shared across identities. */
  isPublic: boolean
}>

/** Tells whether the text of a whole answer, read as Latin-1 or as UTF-8, has the `data` that the client gets. */
export type IsVerbatim = (answer: string) => boolean

/** `data` of an answer as it came: text, or the bytes of a long one. By whose rule nothing needs to be done to it. */
export type VerbatimData = Readonly<{ text: string | Buffer; isVerbatim: IsVerbatim }>

/** One use of a template in one client request. */
export type Fetch = Readonly<{
  template: FetchTemplate
  /** The members of its variables object as JSON text, `representations` aside: `"first":3,"after":null`, or ``. */
  variables: string
  /** JSON texts of representations, no two alike. Only (and always, never empty) for `entities`. */
  representations?: readonly string[]
  /** An answer of which this holds is not parsed. Only for `query`. */
  isVerbatim?: IsVerbatim
}>

/** An error as a subgraph sent it. `path` begins in `data`, for `entities` at the representation's index. */
export type SubgraphError = Readonly<{
  message: string
  path?: readonly (string | number)[]
  extensions?: Readonly<Record<string, unknown>>
}>

/**
 * What came of a fetch. Rows belong to everybody who asked for them: they are never written to.
 * Without `failure` and without `data` (or `rows`) the subgraph answered null, and `errors` say why.
 */
export type FetchAnswer = Readonly<{
  /** For `query` and `mutation`. */
  data?: Readonly<Record<string, unknown>>
  /** For `query`, in place of `data`. Others who shared the fetch may have another rule. */
  verbatim?: VerbatimData
  /** For `entities`: one for each representation, in their order; null is "not found". */
  rows?: readonly unknown[]
  errors: readonly SubgraphError[]
  /** SUBGRAPH_UNAVAILABLE, SUBGRAPH_BAD_RESPONSE, DEADLINE_EXCEEDED: the fetch failed as a whole. */
  failure?: MarqueeError
  /** The HTTP request that brought it, for traces. Absent when none was made. */
  sent?: SentRequest
}>

/** What is known of the HTTP request that answered a fetch (of all of them, when its list was cut into several). */
export type SentRequest = Readonly<{
  /** `performance.now()` when it was sent, and when it was answered. */
  startedAt: number
  endedAt: number
  requestBytes: number
  /** 0 when no answer came. */
  answerBytes: number
  /** How many other client requests had fetches in it. */
  coalescedWith: number
  /** The fetch was on its way already for somebody else, who asked the same. */
  shared: boolean
}>

/**
 * Runs the fetches of one client request that are ready at the same time; all are for the same subgraph.
 * @returns an answer for each fetch, in their order. Never rejects: what fails is in the answers
 */
export type RunFetches = (fetches: readonly Fetch[], context: FetchContext) => Promise<readonly FetchAnswer[]>
