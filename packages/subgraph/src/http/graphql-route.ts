import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server'
import {
  decodeConsistencyToken,
  encodeConsistencyToken,
  headers as headerNames,
  MarqueeError,
  type ConsistencyToken,
  type Identity,
} from '@marquee/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { deadlineOf, identityOf } from './admit.ts'
import type { SubgraphConfig } from '../config.ts'
import type { RequestContext } from '../context.ts'
import type { RequestScope, SubgraphDefinition } from '../definition.ts'
import { nameLoaders } from '../name-loaders.ts'
import { currentRecord, type RequestRecord } from '../request-record.ts'
import type { WorkInFlight } from './work-in-flight.ts'

type Parts<Em, Loaders> = Readonly<{
  definition: SubgraphDefinition<Em, Loaders>
  config: SubgraphConfig
  apollo: ApolloServer<object>
  work: WorkInFlight
  log: Logger
  recordOf: (request: FastifyRequest) => RequestRecord
  isDraining: () => boolean
}>

const apolloRequest = (request: FastifyRequest) => {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return { method: 'POST', headers, search: '', body: request.body }
}

const seenBy = (request: FastifyRequest): ConsistencyToken => {
  const text = request.headers[headerNames.consistency]
  return decodeConsistencyToken(Array.isArray(text) ? text[0] : text)
}

const operationNameOf = (body: unknown): string | undefined => {
  const { operationName } = (body ?? {}) as { operationName?: unknown }
  return typeof operationName === 'string' ? operationName.slice(0, 100) : undefined
}

/**
 * POST /graphql, in this order: is the caller the gateway; (Fastify reads the body;) make this request's context;
 * execute within the deadline; answer. Apollo Server is called directly: its Fastify integration is fifteen lines
 * that know no deadline and fall over a strange Host header.
 */
export const graphqlRoute = <Em, Loaders>(app: FastifyInstance, parts: Parts<Em, Loaders>): void => {
  const { definition, config, apollo, work, log, recordOf, isDraining } = parts
  const identities = new WeakMap<FastifyRequest, Identity>()

  const admit = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    void reply.header(headerNames.requestId, recordOf(request).requestId)
    try {
      identities.set(request, identityOf(request, definition.name, config))
      if (request.method !== 'POST') {
        void reply.header('allow', 'POST')
        throw new MarqueeError('METHOD_NOT_ALLOWED', { reason: 'A subgraph is asked by POST' })
      }
      if (!isDraining()) return done()
      void reply.header('connection', 'close')
      throw new MarqueeError('SHUTTING_DOWN')
    } catch (error) {
      done(error as Error)
    }
  }

  const contextOf = (request: FastifyRequest, signal: AbortSignal): RequestContext<Em, Loaders> => {
    const identity = identities.get(request) as Identity
    const { requestId } = recordOf(request)
    const requestLog = log.child({ requestId })
    const em = definition.database?.fork?.() as Em
    const loaders = definition.loaders({ em, identity, signal, log: requestLog })
    if (definition.database?.withTags !== undefined) nameLoaders(loaders, definition.database.withTags)
    return { identity, loaders, em, signal, requestId, log: requestLog }
  }

  const execute = (request: FastifyRequest, signal: AbortSignal): Promise<HTTPGraphQLResponse> => {
    const context = contextOf(request, signal)
    return apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: apolloRequest(request),
      context: () => Promise.resolve(context),
    })
  }

  /** Executes a request on its database; once more when that lost the reader in the middle of it. */
  const executeInScope = async (
    request: FastifyRequest,
    signal: AbortSignal,
    isAgain = false,
  ): Promise<HTTPGraphQLResponse> => {
    const { database } = definition
    if (database === undefined) return execute(request, signal)
    const record = recordOf(request)
    let lost: RequestScope | undefined
    const response = await database.inRequest(seenBy(request), async scope => {
      record.scope = scope
      const executed = await execute(request, signal)
      if (Object.keys(scope.wrote).length > 0) {
        executed.headers.set(headerNames.consistency, encodeConsistencyToken(scope.wrote))
      }
      if (scope.hasLostSnapshot && scope.reads === 'reader') lost = scope
      return executed
    })
    if (lost === undefined || isAgain || signal.aborted) return response
    record.codes.clear()
    record.errors.length = 0
    return executeInScope(request, signal, true)
  }

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const record = recordOf(request)
    const operationName = operationNameOf(request.body)
    if (operationName !== undefined) record.operationName = operationName
    const abort = new AbortController()
    abort.signal.addEventListener('abort', () => (record.settled = true))
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) abort.abort(new DOMException('the caller went away', 'AbortError'))
    })
    const { status, headers, body } = await work.run(deadlineOf(request, config), abort, () =>
      currentRecord.run(record, () => executeInScope(request, abort.signal)),
    )
    if (body.kind !== 'complete') throw new TypeError('incremental delivery is off')
    record.settled = true
    // The caller keeps the connection for its next request: it should look for another process instead.
    if (isDraining()) void reply.header('connection', 'close')
    for (const [name, value] of headers) void reply.header(name, value)
    return reply.code(status ?? 200).send(body.string)
  }

  app.all('/graphql', { onRequest: admit }, answer)
}
