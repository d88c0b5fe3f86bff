import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import cors from '@fastify/cors'
import { errorCatalogue, headers as headerNames, isErrorCode, MarqueeError } from '@marquee/contract'
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.ts'
import type { ReportExcess } from '../documents/document-limits.ts'
import { refuse, type Answer } from '../pipeline/answer.ts'
import { answerBrokenHttp } from './broken-http.ts'

/** A client's own id is taken when it can stand in a log and a header. */
const requestIdPattern = /^[\w.:-]{1,128}$/

const requestIdOf = (given: string | string[] | undefined): string =>
  typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID()

/** What Fastify refuses before a route sees it, in the words of the catalogue. */
const translate = (
  error: FastifyError,
  { headers }: FastifyRequest,
  config: GatewayConfig,
  report: ReportExcess,
): unknown => {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    report({ limit: 'maxBodyBytes', count: `more than ${config.maxBodyBytes}`, max: config.maxBodyBytes })
    return new MarqueeError('REQUEST_TOO_LARGE', { maxBytes: config.maxBodyBytes })
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new MarqueeError('UNSUPPORTED_MEDIA_TYPE', {
      contentType: String(headers['content-type']).slice(0, 100),
    })
  }
  const isClientFault = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
  return isClientFault ? new MarqueeError('BAD_REQUEST', { reason: error.message }) : error
}

/** Logs a failed request: one line, with the ids that its answer has; `info` when it is the client who must mend it. */
export const logFailure = (request: FastifyRequest, answer: Answer): void => {
  const errors = answer.errors.map(({ code, id, cause, shown }) => ({
    code,
    ...(id !== undefined && { id }),
    ...(shown.extensions?.['service'] !== undefined && { service: shown.extensions['service'] }),
    ...(shown.path !== undefined && { path: shown.path.join('.') }),
    ...(cause !== undefined && { cause: cause instanceof Error ? cause.message : inspect(cause) }),
  }))
  const isOurs =
    answer.status >= 500 || errors.some(({ code }) => isErrorCode(code) && errorCatalogue[code].status >= 500)
  request.log[isOurs ? 'error' : 'info'](
    { requestId: request.id, status: answer.status, count: errors.length, errors: errors.slice(0, 5) },
    'request failed',
  )
}

/** @param body  over the answer's own */
export const sendAnswer = (
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  body: string | Buffer | Readable = answer.body,
): FastifyReply => {
  if (answer.errors.length > 0) logFailure(request, answer)
  // CORS has said `vary: origin` by now, where the answer depends on it.
  const varying = reply.getHeader('vary')
  reply.code(answer.status).headers(answer.headers)
  if (varying !== undefined) reply.header('vary', `${String(varying)}, ${answer.headers['vary'] ?? ''}`)
  return reply.send(body)
}

const corsOrigins = ({ origins }: GatewayConfig['cors']): string | string[] =>
  origins.includes('*') ? '*' : [...origins]

/** Fastify's word for a logger is narrower than pino's, and its types are invariant in it. */
const asFastifyLogger = (log: Logger): FastifyBaseLogger => log

/** No route has a JSON schema. Unless it is given some, Fastify loads its own: 34 ms of CPU, and memory for good. */
const noCompiler = (): never => {
  throw new Error('no route has a schema')
}

/**
 * An HTTP server with everything that holds for every path: ids, times, limits, CORS, errors of the catalogue.
 * @param isDraining  true once clients should go elsewhere
 * @param report  told of bodies that are too long
 */
export const createServer = async (
  config: GatewayConfig,
  log: Logger,
  isDraining: () => boolean,
  report: ReportExcess,
): Promise<FastifyInstance> => {
  const app = fastify({
    loggerInstance: asFastifyLogger(log),
    logController: new LogController({ disableRequestLogging: true }),
    // One logger for all, told the request's id where a line is written: most requests write none.
    childLoggerFactory: logger => logger,
    bodyLimit: config.maxBodyBytes,
    genReqId: request => requestIdOf(request.headers[headerNames.requestId]),
    exposeHeadRoutes: false,
    // While draining, requests on open connections are still answered: nothing is dropped.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: config.deadlineMs,
    routerOptions: { ignoreTrailingSlash: true },
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for these.
      void reply.header(headerNames.requestId, request.id)
      void sendAnswer(request, reply, refuse(request, translate(error, request, config, report)))
    },
    clientErrorHandler: answerBrokenHttp,
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  if (config.cors.origins.length > 0) {
    await app.register(cors, {
      origin: corsOrigins(config.cors),
      credentials: config.cors.credentials,
      methods: ['GET', 'POST'],
      maxAge: config.cors.maxAgeSeconds,
      exposedHeaders: [headerNames.requestId, headerNames.responseTime, headerNames.consistency],
    })
  }
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply
      .header(headerNames.requestId, request.id)
      .header(headerNames.responseTime, reply.elapsedTime.toFixed(1))
      .header('x-content-type-options', 'nosniff')
    // Else a kept-alive connection would hold up the end, and its client would not look for another gateway.
    if (isDraining()) reply.header('connection', 'close')
    done()
  })
  app.setNotFoundHandler((request, reply) =>
    sendAnswer(
      request,
      reply,
      refuse(request, new MarqueeError('NOT_FOUND_PATH', { path: request.url.slice(0, 100) })),
    ),
  )
  app.setErrorHandler<FastifyError>((error, request, reply) =>
    sendAnswer(request, reply, refuse(request, translate(error, request, config, report))),
  )
  return app
}
