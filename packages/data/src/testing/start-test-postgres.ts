import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dataConfig, type DataConfig } from '../config.ts'
import type { Database } from '../database.ts'
import { writeState } from '../embedded/server-state.ts'
import { startPostgres, type PostgresServer } from '../embedded/start-postgres.ts'
import type { DomainModel } from '../model.ts'
import { openDatabase } from '../open-database.ts'
import { openShardedDatabase } from '../shards/open-sharded-database.ts'
import type { ShardedDatabase } from '../shards/sharded-database.ts'
import { copyTemplate, testPassword } from './cluster-template.ts'
import { folderPrefix, sweepTestServers } from './sweep.ts'

/** A PostgreSQL server of a test's own. */
export type TestPostgres = Readonly<{
  server: PostgresServer
  /** An empty database of its own for this model, opened and migrated. Closed by `stop`. */
  database: (model: DomainModel, overrides?: Partial<DataConfig>) => Promise<Database>
  /** Makes an empty database and gives the config under which `domain` finds it, for processes and `openDatabase`. */
  configFor: (domain: string, overrides?: Partial<DataConfig>) => Promise<DataConfig>
  /** The same on several shards: as many databases on the one server. */
  shardedConfigFor: (
    domain: string,
    shards: readonly string[],
    overrides?: Partial<DataConfig>,
  ) => Promise<DataConfig>
  /** An empty sharded database, opened and migrated. Closed by `stop`. @param shards  none: it is not sharded */
  sharded: (
    model: DomainModel,
    shards?: readonly string[],
    overrides?: Partial<DataConfig>,
  ) => Promise<ShardedDatabase>
  /** Closes the databases, ends the server, deletes its files. */
  stop: () => Promise<void>
}>

/** Starts a server in a temp folder on a free port. Nothing in it is durable: that is for tests only. */
export const startTestPostgres = async (): Promise<TestPostgres> => {
  await sweepTestServers()
  const folder = await mkdtemp(join(tmpdir(), folderPrefix))
  await writeState(folder, { port: 0, password: testPassword })
  const server = await startPostgres({ folder, durable: false, createCluster: copyTemplate })
  const opened: Pick<Database, 'close'>[] = []
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
  const shardedConfigFor: TestPostgres['shardedConfigFor'] = async (domain, shards, overrides = {}) => {
    count += 1
    const name = `${domain}_${count}`
    const databases = shards.map(shard => `${name}_${shard}`)
    await server.ensureDatabases(databases)
    return dataConfig.parse({
      databases: {
        [name]: {
          shards: Object.fromEntries(
            shards.map((shard, at) => [shard, { writer: server.url(databases[at] as string) }]),
          ),
        },
      },
      domains: { [domain]: name },
      ...overrides,
    })
  }
  return Object.freeze<TestPostgres>({
    server,
    configFor,
    shardedConfigFor,
    sharded: async (model, shards = [], overrides = {}) => {
      const config = await (shards.length === 0
        ? configFor(model.domain, overrides)
        : shardedConfigFor(model.domain, shards, overrides))
      const database = await openShardedDatabase(config, model)
      opened.push(database)
      await database.migrate()
      return database
    },
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
