import { setTimeout as sleep } from 'node:timers/promises'
import { MarqueeError, type Service } from '@marquee/contract'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { GatewayConfig } from './config.ts'
import { persistedQueries } from './documents/persisted-queries.ts'
import { SubgraphClient } from './fleet/subgraph-client.ts'
import { serveGraphiql } from './http/graphiql-route.ts'
import { graphqlPath, serveGraphql } from './http/graphql-route.ts'
import { serveHealth } from './http/health-routes.ts'
import { createServer } from './http/server.ts'
import type { VerifyToken } from './identity/token-verifier.ts'
import { answerer } from './pipeline/answer.ts'
import { consistencyTokens } from './pipeline/consistency.ts'
import { operationExecutor } from './pipeline/execute.ts'
import { identifier } from './pipeline/identify.ts'
import { composePipeline } from './pipeline/pipeline.ts'
import { preparer } from './pipeline/prepare.ts'
import { receiver } from './pipeline/receive.ts'
import { documentResolver } from './pipeline/resolve-document.ts'
import { graphBuilder } from './supergraph/graph.ts'
import { SupergraphKeeper, type Notify } from './supergraph/supergraph-keeper.ts'
import { makeLog } from './telemetry/make-log.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { excessReporter } from './telemetry/report-excess.ts'
import { withFetchTimes, withStageTimes } from './telemetry/timed.ts'

export type GatewayOptions = Readonly<{
  log?: Logger
  /** Told when a supergraph is loaded (`supergraph-loaded`) or refused (`supergraph-refused`). */
  notify?: Notify
}>

const listen = async (app: FastifyInstance, { host, port }: GatewayConfig): Promise<string> => {
  try {
    const address = await app.listen({ host, port })
    return `${address}${graphqlPath}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new MarqueeError('PORT_IN_USE', { port }, { cause: error })
    }
    throw error
  }
}

/** Loaded where tokens are looked at: the library takes 36 ms of CPU. */
const openVerifier = async (config: GatewayConfig['identity']): Promise<VerifyToken | undefined> => {
  if (config.jwksUrl === undefined) return undefined
  const { tokenVerifier } = await import('./identity/token-verifier.ts')
  return tokenVerifier(config)
}

/**
 * Serves a supergraph over HTTP until `drain` is called.
 * @returns `url`, where GraphQL is answered
 * @throws SUPERGRAPH_INVALID, PORT_IN_USE
 */
export const startGateway = async (config: GatewayConfig, options: GatewayOptions = {}): Promise<Service> => {
  const log = options.log ?? makeLog(config.logLevel)
  const metrics = createMetrics()
  const report = excessReporter(config.limits, log, metrics)
  const verifier = await openVerifier(config.identity)
  const client = new SubgraphClient(config)
  const supergraph = await SupergraphKeeper.open(config.supergraph, {
    build: graphBuilder(config, urlOf => withFetchTimes(client.senderFor(urlOf), metrics), report),
    log,
    metrics,
    notify: options.notify ?? (() => {}),
    deadlineMs: config.deadlineMs,
  })
  const tokens = consistencyTokens(config.secret)
  const stages = {
    receive: receiver(config, report),
    identify: identifier(verifier),
    resolveDocument: documentResolver(persistedQueries(config.persistedQueries)),
    prepare: preparer(() => supergraph.current(), config),
    execute: operationExecutor(config, tokens.seenBy),
    answer: answerer(config, tokens.headersFor),
  }
  let ready = true
  const app = await createServer(config, log, () => !ready, report)
  serveGraphql(app, config, composePipeline(withStageTimes(stages, metrics)), metrics)
  serveHealth(app, () => ready, config.metrics ? metrics : undefined)
  if (config.graphiql.enabled) serveGraphiql(app, config.graphiql)

  const close = async (): Promise<void> => {
    const cut = setTimeout(() => app.server.closeAllConnections(), config.drain.timeoutMs)
    await app.close()
    clearTimeout(cut)
    await supergraph.close()
    await client.close()
  }
  const drain = async (): Promise<void> => {
    ready = false
    await sleep(config.drain.delayMs)
    await close()
  }
  try {
    return Object.freeze({ url: await listen(app, config), drain })
  } catch (error) {
    await close()
    throw error
  }
}
