import type { ConsistencyToken, Identity } from '@marquee/contract'
import type { DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import type { EndSignal } from './end-signal.ts'

/** What every fetch of one client request has in common. */
export type FetchContext = Readonly<{
  requestId: string
  identity: Identity
  /** Equal for requests whose subgraph answers cannot differ by who asks: see fleet/caller-key.ts. */
  callerKey: string
  /** Fetches travel with those of the same company only. Absent: the usual one; what is deferred has others. */
  company?: string
  /** Aborted when the deadline has passed or the client is gone. */
  signal: EndSignal
  /** `performance.now()` at which the answer is due, and how long it had in all. */
  deadlineAt: number
  deadlineMs: number
  /** Headers of the client that go to subgraphs as they are. */
  forwarded: Readonly<Record<string, string>>
  /** What an allowed caller wants to be shown beside the answer. */
  inspect?: Inspection
  /** What the caller has seen; grows with what subgraphs answer. */
  consistency: ConsistencyLedger
}>

export type Inspection = Readonly<{ plan: boolean; trace: boolean }>

/** The consistency token of one request: read by each fetch, advanced by each answer. */
export type ConsistencyLedger = Readonly<{
  token: () => ConsistencyToken
  advance: (token: ConsistencyToken) => void
}>

/** One operation, valid against the API schema, its variables coercible. */
export type Operation = Readonly<{
  document: DocumentNode
  definition: OperationDefinitionNode
  /** The client's text and its hash: the key of its plan. */
  text: string
  hash: string
  name: string | undefined
  /** As the client sent them. */
  variables: Readonly<Record<string, unknown>>
}>

/** Errors are as the parts gave them: nothing is masked yet. */
export type OperationResult = Readonly<{
  /** As JSON text, a long one in UTF-8: `null` where a null went up to the root. */
  data: string | Buffer
  errors: readonly GraphQLError[]
  /** What was asked for by `inspect`. */
  extensions?: Readonly<Record<string, unknown>>
}>

/** A deferred fragment at one place: it is still to come. */
export type PendingPart = Readonly<{ id: string; path: readonly (string | number)[]; label?: string }>

/** A deferred fragment at one place: here it is. */
export type Delivery = Readonly<{
  pending: PendingPart
  /** All that the fragment selects, as JSON text; undefined where a null went up to it. */
  data: string | undefined
  /** What of it the client has not got yet, by places below that of the fragment. */
  news: readonly Readonly<{ subPath: readonly (string | number)[]; data: string }>[]
  errors: readonly GraphQLError[]
}>

export type Update = Readonly<{
  /** What has shown only now: fragments within those that are delivered. */
  pending: readonly PendingPart[]
  delivered: readonly Delivery[]
  /** Another update follows. */
  hasNext: boolean
}>

/** A result of which parts may follow. */
export type IncrementalResult = OperationResult &
  Readonly<{
    pending: readonly PendingPart[]
    /** Absent when nothing follows. It ends by itself; who leaves earlier ends what is still being fetched. */
    updates?: AsyncIterable<Update>
  }>

/** Answers operations from subgraphs. */
export type Executor = Readonly<{
  /** What clients see. */
  schema: GraphQLSchema
  /**
   * Failures of single fetches are errors of the result.
   * @throws QUERY_PLANNING_FAILED when no plan can be made
   */
  execute: (operation: Operation, context: FetchContext) => Promise<OperationResult>
  /**
   * The same, but what is in fragments with `@defer` follows when it is there. Absent: it cannot.
   * @throws QUERY_PLANNING_FAILED
   */
  executeIncrementally?: (operation: Operation, context: FetchContext) => Promise<IncrementalResult>
}>
