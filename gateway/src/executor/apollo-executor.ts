import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import { MarqueeError } from '@marquee/contract'
import { GraphQLError } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import type { SendQuery, SenderFor } from '../fleet/send-query.ts'
import type { Executor, FetchContext, Operation, OperationResult } from './executor.ts'

type RequestContext = Parameters<ApolloGateway['executor']>[0]
type ProcessOptions = Parameters<GraphQLDataSource['process']>[0]

/** What `@apollo/gateway` says goes nowhere: what matters of it arrives as errors. */
const quiet = Object.freeze({ debug: () => {}, info: () => {}, warn: () => {}, error: () => {} })

/**
 * Where in the answer a fetch belongs, up to the first list: `movies` for `movies.@.author`. Nothing finer is known
 * for a fetch that failed as a whole.
 */
const placeOf = (path: readonly (string | number)[] | undefined): (string | number)[] | undefined => {
  if (path === undefined || path.length === 0) return undefined
  const list = path.indexOf('@')
  return path.slice(0, list === -1 ? path.length : list)
}

/** A query may be sent a second time; what may be a mutation may not. */
const isQuery = (text: string): boolean => !/^\s*(mutation|subscription)\b/.test(text)

const subgraphSource = (name: string, send: SendQuery): GraphQLDataSource => ({
  process: async (options: ProcessOptions) => {
    const { request } = options
    const context = options.context['fetch'] as FetchContext
    try {
      const { query = '', variables = {}, operationName } = request
      const answer = await send({
        subgraph: name,
        body: JSON.stringify({ query, variables, operationName }),
        context,
        requestIds: [context.requestId],
        idempotent: isQuery(query),
      })
      return { data: answer.data ?? null, ...(answer.errors !== undefined && { errors: answer.errors }) }
    } catch (error) {
      const place = 'pathInIncomingRequest' in options ? placeOf(options.pathInIncomingRequest) : undefined
      const { message, extensions } = error as MarqueeError
      throw new GraphQLError(message, {
        originalError: error as Error,
        extensions: { ...extensions, service: name },
        ...(place !== undefined && { path: place }),
      })
    }
  },
})

/** The library hides why it put null for a value that does not fit its type: a null without an error is a lie. */
const withCompletionErrors = (result: Awaited<ReturnType<ApolloGateway['executor']>>): OperationResult => {
  const hidden = (result.extensions?.['valueCompletion'] ?? []) as readonly GraphQLError[]
  const shown = hidden.map(({ message, path }) => {
    const originalError = new MarqueeError('SUBGRAPH_BAD_VALUE', { reason: message })
    return new GraphQLError(originalError.message, { path: path ?? null, originalError })
  })
  return { data: JSON.stringify(result.data ?? null), errors: [...(result.errors ?? []), ...shown] }
}

const contextOf = (schema: Executor['schema'], operation: Operation, fetch: FetchContext): RequestContext =>
  ({
    request: { query: operation.text, operationName: operation.name, variables: operation.variables },
    document: operation.document,
    operation: operation.definition,
    operationName: operation.name ?? null,
    source: operation.text,
    queryHash: operation.hash,
    schema,
    context: { fetch },
    metrics: {},
    logger: quiet,
  }) as unknown as RequestContext

/**
 * Executes by `@apollo/gateway`, which plans (and remembers plans) by itself.
 * @param sdl  a supergraph
 * @throws whatever the library throws when the supergraph is not one
 */
export const apolloExecutor = async (
  sdl: string,
  config: GatewayConfig,
  senderFor: SenderFor,
): Promise<Executor> => {
  // The library reports to its vendor unless told not to, and reads this variable when it is constructed.
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true'
  const urls = new Map<string, string>()
  const send = senderFor(name => urls.get(name))
  const gateway = new ApolloGateway({
    supergraphSdl: sdl,
    logger: quiet,
    validateSupergraph: true,
    __exposeQueryPlanExperimental: false,
    experimental_approximateQueryPlanStoreMiB: config.planner.cacheMiB,
    queryPlannerConfig: {
      debug: { maxEvaluatedPlans: config.planner.maxEvaluatedPlans, pathsLimit: config.planner.maxPaths },
    },
    buildService: ({ name, url = '' }) => {
      urls.set(name, url)
      return subgraphSource(name, send)
    },
  })
  const { schema, executor } = await gateway.load()
  return Object.freeze({
    schema,
    execute: async (operation: Operation, context: FetchContext) => {
      try {
        return withCompletionErrors(await executor(contextOf(schema, operation, context)))
      } catch (error) {
        throw new MarqueeError('QUERY_PLANNING_FAILED', {}, { cause: error })
      }
    },
  })
}
