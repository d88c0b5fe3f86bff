import { readFile } from 'node:fs/promises'
import { MarqueeError, readConfigFile, readSection, runService, type Environment } from '@marquee/contract'
import type { Logger } from 'pino'
import { subgraphConfig } from './config.ts'
import type { SubgraphDefinition } from './definition.ts'
import { makeLog } from './make-log.ts'
import { serveSubgraph } from './serve-subgraph.ts'

/** Where a subgraph's own settings come from: hand it to `readSection`. */
export type Sources = Readonly<{
  /** marquee.yaml as plain data; empty when there is no such file. */
  data: Readonly<Record<string, unknown>>
  env: Environment
  file: string
}>

const logFailure = (log: Logger, error: unknown): void => {
  if (error instanceof MarqueeError) log.fatal({ code: error.code, mend: error.mend }, error.message)
  else log.fatal({ err: error }, 'the subgraph failed')
}

/**
 * What a subgraph's main.ts calls: reads marquee.yaml (its path in MARQUEE_CONFIG) and the environment, builds the
 * definition, serves it, tells the parent process, and drains on SIGTERM, SIGINT and when the parent is gone.
 * @param build  makes the definition: opens the database, migrates it. `start.log` logs, `start.notify` tells the
 *   parent process something by name
 */
export const runSubgraph = async <Em = undefined, Loaders = unknown>(
  build: (
    sources: Sources,
    start: Readonly<{
      log: Logger
      notify: (name: string, details: Readonly<Record<string, unknown>>) => void
    }>,
  ) => Promise<SubgraphDefinition<Em, Loaders>> | SubgraphDefinition<Em, Loaders>,
): Promise<void> => {
  let log = makeLog('info', undefined)
  process.on('uncaughtException', error => {
    logFailure(log, error)
    process.exit(1)
  })
  await runService(
    process,
    async notify => {
      const { data, file } = await readConfigFile(process.env, path => readFile(path, 'utf8'))
      const sources: Sources = { data, file, env: process.env }
      const config = readSection('subgraph', subgraphConfig, sources)
      log = makeLog(config.logLevel, undefined)
      const definition = await build(sources, { log, notify })
      log = makeLog(config.logLevel, definition.name)
      return serveSubgraph(definition, config, { log })
    },
    error => logFailure(log, error),
  )
}
