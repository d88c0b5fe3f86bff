import type { ConsistencyToken, Identity } from '@marquee/contract'
import type { DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import type { EndSignal } from './end-signal.ts'

/** What every fetch of one client request has in common. */
export type FetchContext = Readonly<{
  requestId: string
  identity: Identity
  /** Equal for requests whose subgraph answers cannot differ by who asks: see fleet/caller-key.ts. */
  callerKey: string
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

/** Answers operations from subgraphs. */
export type Executor = Readonly<{
  /** What clients see. */
  schema: GraphQLSchema
  /**
   * Failures of single fetches are errors of the result.
   * @throws QUERY_PLANNING_FAILED when no plan can be made
   */
  execute: (operation: Operation, context: FetchContext) => Promise<OperationResult>
}>
