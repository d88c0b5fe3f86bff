import type { ServerResponse } from 'node:http'
import { isErrorCode } from '@marquee/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { Ending, type EndSignal } from '../executor/end-signal.ts'
import type { Answer } from '../pipeline/answer.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { sendParts } from './send-parts.ts'
import { sendAnswer } from './server.ts'

export const graphqlPath = '/graphql'

/** The query string of a URL, without its `?`. */
const searchOf = (url: string): string => {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start + 1)
}

const serviceOf = (extensions: Readonly<Record<string, unknown>> | undefined): string => {
  const service = extensions?.['service']
  return typeof service === 'string' ? service : ''
}

/** A browser's address bar, as opposed to a GraphQL client. */
export const isBrowserVisit = (request: FastifyRequest): boolean =>
  request.method === 'GET' &&
  (request.headers.accept ?? '').split(',').some(type => type.trim().startsWith('text/html'))

const countErrors = (answer: Answer, { errors }: Metrics): void => {
  for (const { code, shown } of answer.errors) {
    // Codes of other people's subgraphs have no end; a label must.
    const label = isErrorCode(code) ? code : 'other'
    errors.inc({ code: label, service: serviceOf(shown.extensions) })
  }
}

/** A signal that ends when the client is gone or the time is up, until it is released. */
const endingOf = (
  raw: ServerResponse,
  deadlineMs: number,
): Readonly<{ signal: EndSignal; release: () => void }> => {
  const ending = new Ending()
  const deadline = setTimeout(() => ending.abort(), deadlineMs)
  const clientGone = (): void => {
    if (!raw.writableFinished) ending.abort()
  }
  raw.once('close', clientGone)
  const release = (): void => {
    clearTimeout(deadline)
    raw.off('close', clientGone)
  }
  return { signal: ending, release }
}

/** Serves GraphQL: makes a raw request of an HTTP one, and measures what comes of it. */
export const serveGraphql = (
  app: FastifyInstance,
  config: GatewayConfig,
  pipeline: Pipeline,
  metrics: Metrics,
): void => {
  const count = (status: number, started: number): void =>
    metrics.requests.series(String(status))((performance.now() - started) / 1000)

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const started = performance.now()
    const { signal, release } = endingOf(reply.raw, config.deadlineMs)
    metrics.inFlight.inc()
    try {
      const found = await pipeline({
        id: request.id,
        method: request.method,
        headers: request.headers,
        search: searchOf(request.url),
        body: request.body as Buffer | undefined,
        signal,
        deadlineAt: started + config.deadlineMs,
      })
      if (reply.raw.destroyed) {
        // Nobody is there to read it; 499 is what nginx counts such requests as.
        count(499, started)
        return reply
      }
      countErrors(found, metrics)
      if (found.later !== undefined) {
        await sendParts(request, reply, found, found.later, part => countErrors(part, metrics))
        count(reply.raw.writableFinished ? found.status : 499, started)
        return reply
      }
      count(found.status, started)
      return sendAnswer(request, reply, found)
    } finally {
      metrics.inFlight.dec()
      release()
    }
  }

  app.route({
    url: graphqlPath,
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
    handler: (request, reply) => {
      if (!config.graphiql.enabled || !isBrowserVisit(request)) return answer(request, reply)
      const search = searchOf(request.url)
      return reply.redirect(search === '' ? '/' : `/?${new URLSearchParams(search).toString()}`, 303)
    },
  })
}
