import type { ConsistencyToken, Identity } from '@marquee/contract'
import type { DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql'

/** What every fetch of one client request has in common. */
export type FetchContext = Readonly<{
  requestId: string
  identity: Identity
  /** Aborted when the deadline has passed or the client is gone. */
  signal: AbortSignal
  /** `performance.now()` at which the answer is due, and how long it had in all. */
  deadlineAt: number
  deadlineMs: number
  /** Headers of the client that go to subgraphs as they are. */
  forwarded: Readonly<Record<string, string>>
  /** What the caller has seen; grows with what subgraphs answer. */
  consistency: ConsistencyLedger
}>

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
  data?: Readonly<Record<string, unknown>> | null | undefined
  errors?: readonly GraphQLError[] | undefined
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

/** One request to one subgraph. */
export type SubgraphFetch = Readonly<{
  subgraph: string
  url: string
  query: string
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>>
}>

export type SubgraphAnswer = Readonly<{
  data?: Record<string, unknown> | null
  errors?: readonly Readonly<{
    message: string
    path?: readonly (string | number)[]
    extensions?: Record<string, unknown>
  }>[]
}>

/** @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_BAD_RESPONSE, DEADLINE_EXCEEDED */
export type SendToSubgraph = (fetch: SubgraphFetch, context: FetchContext) => Promise<SubgraphAnswer>
