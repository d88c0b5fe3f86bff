import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../telemetry/metrics.ts'

/**
 * `/health/live`, `/health/ready`, and `/metrics` when metrics are served. Ready means: takes requests. It does not
 * look at subgraphs, or one fault would take every gateway out of the balancer.
 */
export const serveHealth = (
  app: FastifyInstance,
  isReady: () => boolean,
  metrics: Metrics | undefined,
): void => {
  app.get('/health/live', { exposeHeadRoute: true }, async () => ({ status: 'ok' }))
  app.get('/health/ready', { exposeHeadRoute: true }, async (_request, reply) =>
    isReady() ? { status: 'ok' } : reply.code(503).send({ status: 'draining' }),
  )
  if (metrics === undefined) return
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
}
