import type { AddressInfo } from 'node:net'
import { MarqueeError, type Service } from '@marquee/contract'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { requireSecret } from './http/admit.ts'
import { buildSchema } from './schema/build-schema.ts'
import type { SubgraphConfig } from './config.ts'
import type { SubgraphDefinition } from './definition.ts'
import { graphqlRoute } from './http/graphql-route.ts'
import { healthRoutes } from './http/health-routes.ts'
import { makeHttpServer } from './http/http-server.ts'
import { makeApollo } from './schema/make-apollo.ts'
import { nameFields } from './schema/name-fields.ts'
import { makeLog } from './make-log.ts'
import { makeMetrics } from './metrics.ts'
import { repeatedStatements } from './repeated-statements.ts'
import { WorkInFlight } from './http/work-in-flight.ts'

const listen = async (app: FastifyInstance, { host, port }: SubgraphConfig): Promise<string> => {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new MarqueeError('PORT_IN_USE', { port }, { cause: error })
    }
    throw error
  }
  const address = app.server.address() as AddressInfo
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

/** Closes the server; a connection that does not end in time is cut. */
const closeServer = async (app: FastifyInstance, timeoutMs: number): Promise<void> => {
  const timer = setTimeout(() => app.server.closeAllConnections(), timeoutMs)
  await app.close()
  clearTimeout(timer)
}

/**
 * Serves a subgraph over HTTP: GraphQL at /graphql for its gateway, /health/live, /health/ready and /metrics for
 * operators.
 * @param options.log  where to log; JSON lines on standard output unless told
 * @returns `url` of its GraphQL, `origin` of its other routes, and `drain`: not ready any more, requests in flight
 *   end (at most `config.drainTimeoutMs`), then server and database close
 * @throws CONFIG_INVALID without a secret, SUBGRAPH_SCHEMA_INVALID, PORT_IN_USE
 */
export const serveSubgraph = async <Em = undefined, Loaders = unknown>(
  definition: SubgraphDefinition<Em, Loaders>,
  config: SubgraphConfig,
  options: Readonly<{ log?: Logger }> = {},
): Promise<Service & Readonly<{ origin: string }>> => {
  requireSecret(config)
  const { name, schema, resolvers, database, routes } = definition
  const log = options.log ?? makeLog(config.logLevel, name)
  const executable = buildSchema(name, schema, resolvers)
  if (database?.withTags !== undefined) nameFields(executable, database.withTags)
  const metrics = makeMetrics(name)
  const roots = [executable.getQueryType(), executable.getMutationType(), executable.getSubscriptionType()]
  const rootTypes = new Set(roots.flatMap(type => type?.name ?? []))
  const watch = repeatedStatements(config.repeatedStatements, rootTypes, log, metrics)
  database?.onStatement(statement => {
    metrics.statementRun(statement.durationMs)
    watch(statement)
  })
  const work = new WorkInFlight()
  let draining: Promise<void> | undefined
  const isDraining = (): boolean => draining !== undefined

  const { app, recordOf } = makeHttpServer(config, log, metrics)
  const apollo = await makeApollo(executable, log)
  healthRoutes(app, database, metrics, isDraining)
  graphqlRoute(app, { definition, config, apollo, work, log, recordOf, isDraining })
  if (routes !== undefined) await app.register(async scope => routes(scope))
  const origin = await listen(app, config)
  const url = `${origin}/graphql`
  if (config.secret === undefined) log.warn('no secret is set: everybody is answered, as an anonymous caller')
  log.info({ url }, 'ready')

  const end = async (): Promise<void> => {
    log.info('draining')
    await work.drain(config.drainTimeoutMs)
    await closeServer(app, 1000)
    await apollo.stop()
    metrics.registry.clear()
    await database?.close()
    log.info('ended')
  }
  return Object.freeze({ url, origin, drain: () => (draining ??= end()) })
}
