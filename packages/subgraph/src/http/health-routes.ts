import type { FastifyInstance } from 'fastify'
import type { SubgraphDatabase } from '../definition.ts'
import type { Metrics } from '../metrics.ts'

const maxWaitMs = 2000

type Health = Awaited<ReturnType<SubgraphDatabase<unknown>['health']>>

/** A database that does not answer a health check in time is not healthy, and the prober must hear so. */
const healthOf = async (database: Pick<SubgraphDatabase<unknown>, 'health'> | undefined): Promise<Health> => {
  if (database === undefined) return { ok: true, latencyMs: 0 }
  const late = Promise.withResolvers<Health>()
  const timer = setTimeout(
    () => late.resolve({ ok: false, latencyMs: maxWaitMs, detail: 'no answer in time' }),
    maxWaitMs,
  )
  const failed = (error: unknown): Health => ({ ok: false, latencyMs: 0, detail: (error as Error).message })
  try {
    return await Promise.race([database.health().catch(failed), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * What operators ask. `/health/live`: the process runs. `/health/ready`: requests may be sent here (200 or 503).
 * `/metrics`: Prometheus' text format.
 */
export const healthRoutes = (
  app: FastifyInstance,
  database: Pick<SubgraphDatabase<unknown>, 'health'> | undefined,
  metrics: Metrics,
  isDraining: () => boolean,
): void => {
  app.get('/health/live', () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: 'draining' })
    const health = await healthOf(database)
    const status = health.ok ? 'ready' : 'unavailable'
    return reply
      .code(health.ok ? 200 : 503)
      .send({ status, ...(database === undefined ? {} : { database: health }) })
  })
  app.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.registry.contentType)
    return metrics.registry.metrics()
  })
}
