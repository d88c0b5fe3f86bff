import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dataConfig, type DataConfig } from '../config.ts'
import type { Database } from '../database.ts'
import { writeState } from '../embedded/server-state.ts'
import { startPostgres, type PostgresServer } from '../embedded/start-postgres.ts'
import type { DomainModel } from '../model.ts'
import { openDatabase } from '../open-database.ts'
import { copyTemplate, testPassword } from './cluster-template.ts'
import { folderPrefix, sweepTestServers } from './sweep.ts'

/** A PostgreSQL server of a test's own. */
export type TestPostgres = Readonly<{
  server: PostgresServer
  /** An empty database of its own for this model, opened and migrated. Closed by `stop`. */
  database: (model: DomainModel, overrides?: Partial<DataConfig>) => Promise<Database>
  /** Makes an empty database and gives the config under which `domain` finds it, for processes and `openDatabase`. */
  configFor: (domain: string, overrides?: Partial<DataConfig>) => Promise<DataConfig>
  /** Closes the databases, ends the server, deletes its files. */
  stop: () => Promise<void>
}>

/** Starts a server in a temp folder on a free port. Nothing in it is durable: that is for tests only. */
export const startTestPostgres = async (): Promise<TestPostgres> => {
  await sweepTestServers()
  const folder = await mkdtemp(join(tmpdir(), folderPrefix))
  await writeState(folder, { port: 0, password: testPassword })
  const server = await startPostgres({ folder, durable: false, createCluster: copyTemplate })
  const opened: Database[] = []
  let count = 0

  const configFor = async (domain: string, overrides: Partial<DataConfig> = {}): Promise<DataConfig> => {
    count += 1
    const name = `${domain}_${count}`
    await server.ensureDatabases([name])
    return dataConfig.parse({
      databases: { [name]: { writer: server.url(name) } },
      domains: { [domain]: name },
      ...overrides,
    })
  }
  return Object.freeze({
    server,
    configFor,
    database: async (model: DomainModel, overrides: Partial<DataConfig> = {}) => {
      const database = await openDatabase(await configFor(model.domain, overrides), model)
      opened.push(database)
      await database.migrate()
      return database
    },
    stop: async () => {
      await Promise.all(opened.map(database => database.close()))
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  })
}
