import { createCluster } from './cluster.ts'
import { startServer, type PostgresServer, type ServerOptions } from './start-server.ts'

export type { PostgresServer } from './start-server.ts'

export type PostgresOptions = ServerOptions &
  Readonly<{
    /** Makes a missing cluster another way than by initdb: from a copy, for tests. */
    createCluster?: typeof createCluster
  }>

/**
 * Starts a PostgreSQL server (see `startServer`), with a new and empty cluster when the folder has none.
 * @throws POSTGRES_START_FAILED, FOLDER_IN_USE, FOLDER_UNWRITABLE, PORT_IN_USE
 */
export const startPostgres = (options: PostgresOptions): Promise<PostgresServer> =>
  startServer(options, {
    prepareData: async ({ binaries, placement, password, isFilled, durable, log }) => {
      if (isFilled) return
      log(`making a new database cluster in ${placement.data}`)
      await (options.createCluster ?? createCluster)(binaries, placement, password, durable)
    },
  })
