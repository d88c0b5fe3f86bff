import { randomUUID } from 'node:crypto'
import { encodeId, type Identity } from '@marquee/contract'
import { startTestPostgres, type Database, type TestPostgres } from '@marquee/data'
import { askSubgraph, serveSubgraph, subgraphConfig, type SubgraphAnswer } from '@marquee/subgraph'
import { usersConfig, usersDefinition, usersModel, type UsersConfig } from '../index.ts'
import { startFakeAuth, type FakeAuth } from './fake-auth.ts'

const secret = 'the secret of these tests'

// oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape that it asked for
export type Answer = SubgraphAnswer<any>

/** The users subgraph as it runs: real PostgreSQL, real HTTP, and a peer that plays auth. */
export type RunningUsers = Readonly<{
  postgres: TestPostgres
  database: Database
  auth: FakeAuth
  /** Asks as the gateway would; on behalf of the user with the UUID `viewer`, or of nobody. */
  ask: (query: string, variables?: Readonly<Record<string, unknown>>, viewer?: string) => Promise<Answer>
  /** Signs up users in auth, with these names; their UUIDs. */
  signUp: (...names: string[]) => string[]
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

export const userId = (uuid: string): string => encodeId('User', uuid)
export const movieId = (uuid: string): string => encodeId('Movie', uuid)

/** @param overrides  of section `users`; `authUrl: undefined` leaves auth out */
export const startUsers = async (
  overrides: Partial<Record<keyof UsersConfig, unknown>> = {},
): Promise<RunningUsers> => {
  const [auth, postgres] = await Promise.all([startFakeAuth(secret), startTestPostgres()])
  const database = await postgres.database(usersModel)
  const config = usersConfig.parse({ authUrl: auth.url, authTimeoutMs: 500, ...overrides })
  const service = await serveSubgraph(
    usersDefinition(database, { ...config, secret }),
    subgraphConfig.parse({ secret, logLevel: 'silent' }),
  )
  const seen: string[] = []
  database.onStatement(({ sql }) => seen.push(sql))
  return {
    postgres,
    database,
    auth,
    ask: (query, variables = {}, viewer) =>
      askSubgraph(
        service.url,
        secret,
        'users',
        { query, variables },
        viewer === undefined ? undefined : identityOf(viewer),
      ),
    signUp: (...names) =>
      names.map(name => {
        const id = randomUUID()
        auth.accounts.set(id, name)
        return id
      }),
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
