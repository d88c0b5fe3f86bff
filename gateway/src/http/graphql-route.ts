import { isErrorCode } from '@marquee/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { sendAnswer } from './server.ts'

export const graphqlPath = '/graphql'

const searchOf = (url: string): URLSearchParams => {
  const start = url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
}

const serviceOf = (extensions: Readonly<Record<string, unknown>> | undefined): string => {
  const service = extensions?.['service']
  return typeof service === 'string' ? service : ''
}

/** A browser's address bar, as opposed to a GraphQL client. */
export const isBrowserVisit = (request: FastifyRequest): boolean =>
  request.method === 'GET' &&
  (request.headers.accept ?? '').split(',').some(type => type.trim().startsWith('text/html'))

/** Serves GraphQL: makes a raw request of an HTTP one, with a signal that ends when the client or the time is gone. */
export const serveGraphql = (
  app: FastifyInstance,
  config: GatewayConfig,
  pipeline: Pipeline,
  metrics: Metrics,
): void => {
  app.route({
    url: graphqlPath,
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
    handler: async (request, reply) => {
      if (config.graphiql.enabled && isBrowserVisit(request)) {
        const search = searchOf(request.url).toString()
        return reply.redirect(search === '' ? '/' : `/?${search}`, 303)
      }
      const ending = new AbortController()
      const deadline = setTimeout(() => ending.abort(), config.deadlineMs)
      const clientGone = (): void => {
        if (!reply.raw.writableFinished) ending.abort()
      }
      reply.raw.once('close', clientGone)
      const stopTimer = metrics.requests.startTimer()
      metrics.inFlight.inc()
      try {
        const answer = await pipeline({
          id: request.id,
          method: request.method,
          headers: request.headers,
          search: searchOf(request.url),
          body: request.body as Buffer | undefined,
          signal: ending.signal,
          deadlineAt: performance.now() + config.deadlineMs,
        })
        if (reply.raw.destroyed) {
          // Nobody is there to read it; 499 is what nginx counts such requests as.
          stopTimer({ status: '499' })
          return reply
        }
        stopTimer({ status: String(answer.status) })
        for (const { code, shown } of answer.errors) {
          // Codes of other people's subgraphs have no end; a label must.
          const label = isErrorCode(code) ? code : 'other'
          metrics.errors.inc({ code: label, service: serviceOf(shown.extensions) })
        }
        return await sendAnswer(request, reply, answer)
      } finally {
        metrics.inFlight.dec()
        clearTimeout(deadline)
        reply.raw.off('close', clientGone)
      }
    },
  })
}
