import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sqlRows, startTestPostgres, type TestPostgres } from '@marquee/data'
import { queryBudget } from '@marquee/data/doctor'
import { dataOf, identityOf, password, serveAuth, type TestAuth } from './testing/serve-auth.ts'

/** What each operation of the examples costs the database: so many statements, and no big table from end to end. */

let postgres: TestPostgres
let auth: TestAuth
let url = ''

beforeAll(async () => {
  postgres = await startTestPostgres()
  auth = await serveAuth(postgres)
  const [database] = await auth.rows<{ name: string }>('select current_database() as name')
  url = postgres.server.url(database?.name ?? '')
  await auth.database.transaction('anybody', async em => {
    for (const statement of [
      'set local session_replication_role = replica',
      'set local statement_timeout = 0',
      `insert into account (id, bucket, email, name, password_hash)
         select id, marquee.bucket_of(id::text), 'crowd' || n || '@nostromo.example', 'Crowd', 'x'
         from (select uuidv7() as id, n from generate_series(1, 12000) n) crowd`,
      `insert into email_reservation (email, bucket, owner_id, is_pending) select email, marquee.bucket_of(email), id, false from account`,
      `insert into session (account_id, bucket, expires_at) select id, bucket, now() + interval '30 days' from account`,
      `insert into refresh_token (hash, bucket, session_id, expires_at) select sha256(id::text::bytea), bucket, id, expires_at from session`,
      `insert into api_client (owner_id, bucket, name, tier, secret_hash) select id, bucket, 'Crowd', 'PARTNER', 'x' from account`,
      'analyze',
    ]) {
      await sqlRows(em, statement)
    }
  })
}, 60_000)
afterAll(async () => {
  await auth.stop()
  await postgres.stop()
})

test('each operation keeps its budget, and reads no big table from end to end', async () => {
  let session = { refreshToken: '', id: '' }
  const keep = ({ refreshToken, user }: { refreshToken: string; user: { id: string } }): void => {
    session = { refreshToken, id: user.id }
  }
  const viewer = () => identityOf(session.id)
  const accounts = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { accountName } } }`
  const operations: Readonly<Record<string, () => Promise<unknown>>> = {
    signUp: async () => keep(dataOf(await auth.signUp('ripley@nostromo.example')).signUp),
    signIn: async () => keep(dataOf(await auth.signIn('ripley@nostromo.example', password)).signIn),
    // Sweeps what has expired, which happens once a minute.
    firstRefresh: async () => keep(dataOf(await auth.refresh(session.refreshToken)).refresh),
    refresh: async () => keep(dataOf(await auth.refresh(session.refreshToken)).refresh),
    viewer: async () => dataOf(await auth.ask('{ viewer { id email roles memberSince } }', {}, viewer())),
    createClient: async () => dataOf(await auth.createClient({ name: 'Mother' }, viewer())),
    apiClients: async () => dataOf(await auth.ask('{ apiClients { nodes { name } } }', {}, viewer())),
    accountsAsEntities: async () =>
      dataOf(await auth.ask(accounts, { of: [{ __typename: 'User', id: session.id }] })),
    signOut: async () => dataOf(await auth.signOut({ everywhere: true }, viewer())),
  }
  const statements: Record<string, number> = {}
  const rest: Record<string, readonly string[]> = {}
  for (const [name, work] of Object.entries(operations)) {
    const budget = await queryBudget(url, work)
    statements[name] = budget.statements
    rest[name] = [...budget.scans, ...budget.unknown]
  }
  expect(statements).toEqual({
    signUp: 6,
    signIn: 4,
    firstRefresh: 9,
    refresh: 6,
    viewer: 1,
    createClient: 4,
    apiClients: 2,
    accountsAsEntities: 1,
    signOut: 3,
  })
  expect(Object.values(rest).flat()).toEqual([])
})
