import { randomUUID } from 'node:crypto'
import { encodeId, type Identity } from '@marquee/contract'
import {
  bucketOf,
  openShardedDatabase,
  sqlRows,
  startTestPostgres,
  type DataConfig,
  type ShardedDatabase,
  type TestPostgres,
} from '@marquee/data'
import { askSubgraph, serveSubgraph, subgraphConfig, type SubgraphAnswer } from '@marquee/subgraph'
import { usersConfig, usersDefinition, usersModel, type UsersConfig } from '../index.ts'
import { startFakeAuth, type FakeAuth } from './fake-auth.ts'

const secret = 'the secret of these tests'

// oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape that it asked for
export type Answer = SubgraphAnswer<any>

/** The users subgraph as it runs: real PostgreSQL, real HTTP, and a peer that plays auth. */
export type RunningUsers = Readonly<{
  postgres: TestPostgres
  database: ShardedDatabase
  auth: FakeAuth
  /** Asks as the gateway would; on behalf of the user with the UUID `viewer`, or of nobody. */
  ask: (query: string, variables?: Readonly<Record<string, unknown>>, viewer?: string) => Promise<Answer>
  /** Signs up a user and gives it a profile, on this shard; its UUID. */
  profileOn: (shard: string, name?: string) => Promise<string>
  /** Signs up users in auth, with these names; their UUIDs. */
  signUp: (...names: string[]) => string[]
  /** Runs a statement of the test's own on every shard; the rows of all of them. */
  rows: <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>
  /** Runs a statement of the test's own in a transaction on the shard of an owner. */
  write: (owner: string, sql: string, params?: readonly unknown[]) => Promise<unknown>
  /** Text of each SQL statement that `work` caused. */
  statementsOf: (work: () => Promise<unknown>) => Promise<readonly string[]>
  stop: () => Promise<void>
}>

/** The identity that the gateway makes of a user's token. */
export const identityOf = (viewer: string): Identity => ({
  subject: userId(viewer),
  scopes: [],
  client: null,
  tier: 'user',
})

/** A UUID that belongs on this shard. */
export const idOn = (database: ShardedDatabase, shard: string): string => {
  for (;;) {
    const id = randomUUID()
    if (database.map().shardOf(bucketOf(id)) === shard) return id
  }
}

export const userId = (uuid: string): string => encodeId('User', uuid)
export const movieId = (uuid: string): string => encodeId('Movie', uuid)

/** One shard is a database that is not sharded; several are as many databases of one server. */
const configOf = (
  postgres: TestPostgres,
  shards: number,
  overrides: Partial<DataConfig>,
): Promise<DataConfig> =>
  shards === 1
    ? postgres.configFor('users', overrides)
    : postgres.shardedConfigFor(
        'users',
        Array.from({ length: shards }, (_, index) => `s${index + 1}`),
        overrides,
      )

/**
 * @param overrides  of section `users`; `authUrl: undefined` leaves auth out
 * @param shards     on how many databases the rows are, or where they are
 * @param data       of section `data`, beside that
 */
export const startUsers = async (
  overrides: Partial<Record<keyof UsersConfig, unknown>> = {},
  shards: number | DataConfig = 1,
  data: Partial<DataConfig> = {},
): Promise<RunningUsers> => {
  const [auth, postgres] = await Promise.all([startFakeAuth(secret), startTestPostgres()])
  const config = typeof shards === 'number' ? await configOf(postgres, shards, data) : shards
  const database = await openShardedDatabase(config, usersModel)
  await database.migrate()
  const section = usersConfig.parse({ authUrl: auth.url, authTimeoutMs: 500, ...overrides })
  const service = await serveSubgraph(
    usersDefinition(database, { ...section, secret }),
    subgraphConfig.parse({ secret, logLevel: 'silent' }),
  )
  const seen: string[] = []
  database.onStatement(({ sql }) => seen.push(sql))
  const ask: RunningUsers['ask'] = (query, variables = {}, viewer) =>
    askSubgraph(
      service.url,
      secret,
      'users',
      { query, variables },
      viewer === undefined ? undefined : identityOf(viewer),
    )
  return {
    postgres,
    database,
    auth,
    ask,
    profileOn: async (shard, name = 'Somebody') => {
      const id = idOn(database, shard)
      auth.accounts.set(id, name)
      await ask('query ($id: ID!) { user(id: $id) { id } }', { id: userId(id) })
      return id
    },
    signUp: (...names) =>
      names.map(name => {
        const id = randomUUID()
        auth.accounts.set(id, name)
        return id
      }),
    rows: async (sql, params = []) => {
      const rows = await Promise.all(database.shards().map(shard => sqlRows(shard.fork(), sql, params)))
      return rows.flat() as never
    },
    write: (owner, sql, params = []) => database.transaction(owner, em => sqlRows(em, sql, params)),
    statementsOf: async work => {
      const from = seen.length
      await work()
      return seen.slice(from)
    },
    stop: async () => {
      await service.drain()
      await postgres.stop()
      await auth.stop()
    },
  }
}
