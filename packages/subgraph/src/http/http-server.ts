import type { ServerOptions } from 'node:http'
import { MarqueeError } from '@marquee/contract'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { requestIdOf } from './admit.ts'
import type { SubgraphConfig } from '../config.ts'
import { httpError, parseJsonBody } from './http-error.ts'
import type { Metrics, Outcome } from '../metrics.ts'
import { publicError } from '../public-error.ts'
import { logRequest, requestRecord, type RequestRecord } from '../request-record.ts'

const statusOf = (error: unknown): number => (error instanceof MarqueeError ? error.status : 500)

const outcomeOf = (status: number, record: RequestRecord): Outcome => {
  if (status >= 500) return 'failed'
  if (status >= 400) return 'refused'
  return record.codes.size === 0 ? 'ok' : 'partial'
}

const pathOf = (request: FastifyRequest): string => (request.url.split('?')[0] ?? '').slice(0, 200)

/** What is not even HTTP, or came too slowly: told in the same shape, since there is no reply object yet. */
const answerRaw = (socket: NodeJS.WritableStream & { writable: boolean }, error: MarqueeError): void => {
  const body = JSON.stringify({ errors: [publicError(error)] })
  if (!socket.writable) return
  const head = `HTTP/1.1 ${error.status} Bad Request\r\ncontent-type: application/json; charset=utf-8\r\n`
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}

/**
 * Node's bounds for headers that come late, and how often it looks. Node takes the longer of the two bounds for the
 * whole request, and looks every 30 s unless told: left alone, both would make a short bound a long one.
 */
const lateness = (receiveTimeoutMs: number): ServerOptions => ({
  headersTimeout: receiveTimeoutMs === 0 ? 60_000 : Math.min(60_000, receiveTimeoutMs),
  connectionsCheckingInterval: Math.max(100, Math.min(30_000, receiveTimeoutMs / 2)),
})

/** Fastify as a subgraph wants it: JSON bodies only, coded errors, one log line and one measurement a request. */
export const makeHttpServer = (
  config: SubgraphConfig,
  log: Logger,
  metrics: Metrics,
): Readonly<{ app: FastifyInstance; recordOf: (request: FastifyRequest) => RequestRecord }> => {
  const records = new WeakMap<FastifyRequest, RequestRecord>()
  const recordOf = (request: FastifyRequest): RequestRecord => {
    const known = records.get(request)
    if (known !== undefined) return known
    const record = requestRecord(requestIdOf(request))
    records.set(request, record)
    return record
  }

  const open = new WeakMap<object, RequestRecord>()
  const follow = (request: FastifyRequest, reply: FastifyReply): void => {
    const record = recordOf(request)
    const path = pathOf(request)
    const isGraphql = path === '/graphql'
    if (isGraphql) metrics.inFlight.inc()
    open.set(request.raw.socket, record)
    reply.raw.once('close', () => {
      record.settled = true
      open.delete(request.raw.socket)
      const { statusCode: status, writableFinished: completed } = reply.raw
      logRequest(log, record, { method: request.method, path, status, completed })
      if (!isGraphql) return
      metrics.inFlight.dec()
      metrics.requestEnded(outcomeOf(status, record), performance.now() - record.arrivedMs)
    })
  }

  const fail = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = httpError(thrown, request, config.maxBodyBytes)
    const record = recordOf(request)
    const body = { errors: [publicError(error, record)] }
    record.settled = true
    return reply.code(statusOf(error)).type('application/json; charset=utf-8').send(JSON.stringify(body))
  }

  const app = fastify({
    logger: false,
    bodyLimit: config.maxBodyBytes,
    requestTimeout: config.receiveTimeoutMs,
    http: lateness(config.receiveTimeoutMs),
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      follow(request, reply)
      fail(new MarqueeError('BAD_REQUEST', { reason: error.message }), request, reply)
    },
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET') return
      const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      const reason = isLate ? 'it did not arrive in time' : `it is not HTTP (${error.code})`
      const record = open.get(socket)
      record?.codes.add('BAD_REQUEST')
      if (record === undefined) log.warn({ codes: ['BAD_REQUEST'], reason }, 'request refused or bad')
      answerRaw(socket, new MarqueeError('BAD_REQUEST', { reason }))
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(String(body)))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addHook('onRequest', (request, reply, done) => {
    follow(request, reply)
    done()
  })
  app.setErrorHandler(fail)
  app.setNotFoundHandler((request, reply) =>
    fail(new MarqueeError('NOT_FOUND_PATH', { path: pathOf(request) }), request, reply),
  )
  return { app, recordOf }
}
