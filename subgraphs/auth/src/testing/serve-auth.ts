import type { Identity } from '@marquee/contract'
import { bucketOf, sqlRows, type ShardedDatabase, type TestPostgres } from '@marquee/data'
import { askSubgraph, serveSubgraph, subgraphConfig, type SubgraphAnswer } from '@marquee/subgraph'
import type { z } from 'zod'
import { authConfig, authDefinition, authModel, type AuthConfig } from '../index.ts'

export const secret = 'a secret of the tests'
export const password = 'correct horse battery'

const quiet = { info: () => undefined, warn: () => undefined }

export type SessionData = Readonly<{
  accessToken: string
  accessTokenExpiresAt: string
  refreshToken: string
  refreshTokenExpiresAt: string
  user: Readonly<{ id: string; email: string | null; roles: readonly string[] | null; memberSince: string }>
}>
export type ClientData = Readonly<{
  id: string
  name: string
  tier: string
  scopes: readonly string[]
  createdAt: string
  revokedAt: string | null
}>

type Variables = Readonly<Record<string, unknown>>

/** What is asked for everywhere in these tests. */
const session = `{
  accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt user { id email roles memberSince }
}`
export const client = '{ id name tier scopes createdAt revokedAt }'

/** Code of the first error of an answer; undefined when all went well. */
export const codeOf = (answer: SubgraphAnswer<unknown>): string | undefined =>
  answer.errors?.[0]?.extensions.code

/** The data of an answer that must have no errors. */
export const dataOf = <Data>(answer: SubgraphAnswer<Data>): Data => {
  if (answer.errors !== undefined || answer.data == null) throw new Error(JSON.stringify(answer))
  return answer.data
}

/** Who a signed-in user is to a subgraph. */
export const identityOf = (userId: string, scopes: readonly string[] = ['user']): Identity => ({
  subject: userId,
  scopes,
  client: null,
  tier: 'user',
})

/** Asks an auth subgraph at a URL, as the gateway does. */
export const authClient = (url: string) => {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- whoever writes the query knows its shape
  const ask = <Data = Readonly<Record<string, unknown>>>(
    query: string,
    variables: Variables = {},
    identity?: Identity,
  ): Promise<SubgraphAnswer<Data>> => askSubgraph<Data>(url, secret, 'auth', { query, variables }, identity)
  return {
    ask,
    signUp: (email: string, more: Variables = {}) =>
      ask<{ signUp: SessionData }>(`mutation ($input: SignUpInput!) { signUp(input: $input) ${session} }`, {
        input: { email, password, name: 'Ellen Ripley', ...more },
      }),
    signIn: (email: string, word: string = password) =>
      ask<{ signIn: SessionData }>(`mutation ($input: SignInInput!) { signIn(input: $input) ${session} }`, {
        input: { email, password: word },
      }),
    refresh: (refreshToken: string) =>
      ask<{ refresh: SessionData }>(
        `mutation ($token: String!) { refresh(refreshToken: $token) ${session} }`,
        {
          token: refreshToken,
        },
      ),
    signOut: (variables: Variables, identity?: Identity) =>
      ask<{ signOut: boolean }>(
        'mutation ($token: String, $everywhere: Boolean! = false) { signOut(refreshToken: $token, everywhere: $everywhere) }',
        variables,
        identity,
      ),
    createClient: (input: Variables, identity?: Identity) =>
      ask<{ createClient: { client: ClientData; secret: string } }>(
        `mutation ($input: CreateClientInput!) { createClient(input: $input) { client ${client} secret } }`,
        { input },
        identity,
      ),
    signInClient: (clientId: string, clientSecret: string) =>
      ask<{ signInClient: { accessToken: string; accessTokenExpiresAt: string; client: ClientData } }>(
        `mutation ($input: SignInClientInput!) {
          signInClient(input: $input) { accessToken accessTokenExpiresAt client ${client} }
        }`,
        { input: { clientId, clientSecret } },
      ),
  }
}

const lent = (database: ShardedDatabase) => ({
  inRequest: database.inRequest.bind(database),
  health: () => database.health(),
  onStatement: (listener: Parameters<ShardedDatabase['onStatement']>[0]) => database.onStatement(listener),
})

export type TestAuth = ReturnType<typeof authClient> &
  Readonly<{
    origin: string
    database: ShardedDatabase
    config: AuthConfig
    /** Runs a statement of the test's own on every shard; the rows of all of them. */
    rows: <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>
    stop: () => Promise<void>
  }>

/** Names of so many shards; none where the database is not sharded. */
export const shardNames = (count: number): readonly string[] =>
  count === 1 ? [] : Array.from({ length: count }, (_, index) => `s${index + 1}`)

/** An address whose row in the directory is on this shard. */
export const emailOn = (database: ShardedDatabase, shard: string): string => {
  for (;;) {
    const email = `${crypto.randomUUID()}@nostromo.example`
    if (database.map().shardOf(bucketOf(email)) === shard) return email
  }
}

/**
 * Serves auth over a database of its own, or over one that another replica has already.
 * @param settings  of the section `auth`; passwords are hashed cheaply and limits are wide unless told
 * @param on        on how many databases the rows are, or the database
 */
export const serveAuth = async (
  postgres: TestPostgres,
  settings: z.input<typeof authConfig> = {},
  on: number | ShardedDatabase = 1,
): Promise<TestAuth> => {
  const wide = { max: 10_000 }
  const config = authConfig.parse({
    secret,
    argon2: { memoryKib: 64, passes: 1 },
    limits: { signIn: wide, signUp: wide, refresh: wide, signInClient: wide },
    ...settings,
  })
  const isShared = typeof on !== 'number'
  const database = isShared ? on : await postgres.sharded(authModel, shardNames(on))
  const definition = await authDefinition(database, config, { log: quiet })
  // A replica that stops must not close the database under the other one.
  const kept = { ...definition, database: { ...lent(database), close: async () => undefined } }
  const service = await serveSubgraph(
    isShared ? kept : definition,
    subgraphConfig.parse({ secret, logLevel: 'silent' }),
  )
  return {
    ...authClient(service.url),
    origin: service.origin,
    database,
    config,
    rows: async (sql, params = []) => {
      const rows = await Promise.all(database.shards().map(shard => sqlRows(shard.fork(), sql, params)))
      return rows.flat() as never
    },
    stop: () => service.drain(),
  }
}
