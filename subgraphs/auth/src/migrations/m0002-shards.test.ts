import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeId, encodeId } from '@marquee/contract'
import {
  bucketOf,
  dataConfig,
  moveBucket,
  openDatabase,
  openShardedDatabase,
  sqlRows,
  startTestPostgres,
  type DomainModel,
  type ShardedDatabase,
  type TestPostgres,
} from '@marquee/data'
import { authModel, grantRole } from '../index.ts'
import { passwordHasher } from '../passwords/password-hasher.ts'
import { keyCipher } from '../tokens/key-cipher.ts'
import { openKeyring } from '../tokens/keyring.ts'
import { hashSecret } from '../tokens/opaque-secret.ts'
import { codeOf, dataOf, password, secret, serveAuth, type TestAuth } from '../testing/serve-auth.ts'

let postgres: TestPostgres
const opened: ShardedDatabase[] = []
let auth: TestAuth | undefined
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(async () => {
  await auth?.stop()
  await Promise.all(opened.map(database => database.close()))
  await postgres.stop()
})

/** As it was before there were shards. */
const before: DomainModel = { ...authModel, sharded: false, migrations: authModel.migrations.slice(0, 1) }

const open = async (config: Parameters<typeof openShardedDatabase>[0]): Promise<ShardedDatabase> => {
  const database = await openShardedDatabase(config, authModel)
  opened.push(database)
  await database.migrate()
  return database
}

const oldToken = (): string => `mqr_${randomBytes(32).toString('base64url')}`

describe('what was there before shards', () => {
  const emails = ['ripley@nostromo.example', 'kane@nostromo.example', 'ash@nostromo.example']
  const people = emails.map(email => ({
    email,
    id: '',
    client: '',
    secret: `mqs_${randomBytes(32).toString('base64url')}`,
    tokens: [oldToken(), oldToken()] as const,
  }))
  let url = ''
  let database: ShardedDatabase

  beforeAll(async () => {
    const config = await postgres.configFor('auth')
    const old = await openDatabase(config, before)
    await old.migrate()
    const rows = <Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> =>
      sqlRows<Row>(old.fork(), sql, params)
    const hasher = await passwordHasher({ memoryKib: 64, passes: 1, lanes: 1, concurrency: 1, maxWaiting: 1 })
    const hash = await hasher.hash(password)
    for (const person of people) {
      const [account] = await rows<{ id: string }>(
        `insert into account (email, name, password_hash) values ($1, 'Somebody', $2) returning id`,
        [person.email, hash],
      )
      person.id = account?.id ?? ''
      const [client] = await rows<{ id: string }>(
        `insert into api_client (owner_id, name, tier, secret_hash) values ($1, 'Mother', 'PARTNER', $2) returning id`,
        [person.id, hashSecret(person.secret)],
      )
      person.client = encodeId('ApiClient', client?.id ?? '')
      for (const token of person.tokens) {
        await rows(
          `with signed_in as (
             insert into session (account_id, expires_at) values ($1, now() + interval '1 day') returning id)
           insert into refresh_token (hash, session_id, expires_at)
             select $2, id, now() + interval '1 day' from signed_in`,
          [person.id, hashSecret(token)],
        )
      }
    }
    const [{ name } = { name: '' }] = await rows<{ name: string }>('select current_database() as name')
    url = postgres.server.url(name)
    await old.close()
    await postgres.server.ensureDatabases(['auth_late'])
    database = await open(
      dataConfig.parse({
        databases: {
          auth: { shards: { s1: { writer: url }, s2: { writer: postgres.server.url('auth_late') } } },
        },
      }),
    )
    auth = await serveAuth(postgres, {}, database)
  })

  test.each([
    ['account', 'id', 3],
    ['session', 'account_id', 6],
    ['api_client', 'owner_id', 3],
    ['refresh_token', '(select account_id from session where session.id = session_id)', 6],
    ['email_reservation', 'email', 3],
  ])('%s has its rows, each in the bucket of its %s', async (table, owner, count) => {
    const found = await auth!.rows<{ owner: string; bucket: number }>(
      `select ${owner}::text as owner, bucket from ${table}`,
    )
    expect(found).toHaveLength(count)
    for (const row of found) expect(row.bucket).toBe(bucketOf(row.owner))
  })

  test('everybody signs in, refreshes and keeps their client, also when they are moved to another shard', async () => {
    for (const [index, person] of people.entries()) {
      if (index > 0) await moveBucket(database, person.id, 's2')
      if (index > 1) await moveBucket(database, person.email, 's2')
      const [first, second] = person.tokens
      expect(decodeId('User', dataOf(await auth!.signIn(person.email)).signIn.user.id)).toBe(person.id)
      expect(codeOf(await auth!.signUp(person.email))).toBe('EMAIL_TAKEN')
      const next = dataOf(await auth!.refresh(first)).refresh
      // The next of the family says where it belongs.
      expect(next.refreshToken).toHaveLength('mqr_'.length + 64)
      expect(codeOf(await auth!.refresh(next.refreshToken))).toBeUndefined()
      expect(codeOf(await auth!.refresh(first))).toBe('REFRESH_TOKEN_REUSED')
      expect(dataOf(await auth!.signOut({ token: second })).signOut).toBe(true)
      expect(codeOf(await auth!.refresh(second))).toBe('REFRESH_TOKEN_INVALID')
      expect(codeOf(await auth!.signInClient(person.client, person.secret))).toBeUndefined()
      expect(codeOf(await auth!.signInClient(person.client, 'wrong'))).toBe('CLIENT_SIGN_IN_FAILED')
      expect(await grantRole(database, person.email, 'MODERATOR')).toEqual(['MEMBER', 'MODERATOR'])
    }
    expect(codeOf(await auth!.refresh(oldToken()))).toBe('REFRESH_TOKEN_INVALID')
  })

  test('a shard that joined later has the signing keys too, once it has something', async () => {
    await openKeyring(database, keyCipher(secret), auth!.config)
    const keys = await Promise.all(
      database.shards().map(shard => sqlRows(shard.fork(), 'select kid, private_key from signing_key')),
    )
    expect(keys[0]).toHaveLength(1)
    expect(keys[1]).toEqual(keys[0])
  })
})

describe('the tables of a shard', () => {
  let database: ShardedDatabase
  const id = randomUUID()
  const bucket = bucketOf(id)
  const rows = <Row extends object>(sql: string): Promise<Row[]> =>
    sqlRows<Row>(database.shards()[0]!.fork(), sql)

  beforeAll(async () => {
    database = await open(await postgres.configFor('auth'))
  })

  test('all that belongs to somebody has the fence', async () => {
    const bare = await rows<{ name: string }>(
      `select relname as name from pg_class c
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not exists (
         select from pg_trigger where tgrelid = c.oid and tgfoid = 'marquee.fence'::regproc) order by 1`,
    )
    expect(bare).toEqual([{ name: 'migrations' }, { name: 'signing_key' }])
  })

  test('a wrong bucket is refused', async () => {
    const refused = (sql: string, to = (bucket + 1) % 1024) =>
      expect(database.transaction(id, em => sqlRows(em, sql, [id, to]))).rejects.toThrow(/violates/)
    const account = `insert into account (id, bucket, email, name, password_hash) values ($1, $2, 'a@b.example', 'A', 'x')`
    await refused(account)
    await refused(
      `insert into email_reservation (owner_id, bucket, email) values ($1, $2, 'a@b.example')`,
      (bucketOf('a@b.example') + 1) % 1024,
    )
    await database.transaction(id, em => sqlRows(em, account, [id, bucket]))
    await refused('insert into session (account_id, bucket, expires_at) values ($1, $2, now())')
    await refused(
      `insert into api_client (owner_id, bucket, name, tier, secret_hash) values ($1, $2, 'x', 'PARTNER', 'x')`,
    )
    await database.transaction(id, em =>
      sqlRows(em, 'insert into session (id, account_id, bucket, expires_at) values ($1, $1, $2, now())', [
        id,
        bucket,
      ]),
    )
    await refused(
      `insert into refresh_token (hash, session_id, bucket, expires_at) values ('x', $1, $2, now())`,
    )
  })

  test('rows can be published by bucket, and still be changed', async () => {
    const tables = ['account', 'session', 'refresh_token', 'api_client', 'email_reservation', 'audit_event']
    const filtered = tables.map(table => `${table} where (bucket in (1, 2))`)
    await rows(`create publication moved for table ${filtered.join(', ')} with (publish_via_partition_root)`)
    // Without the bucket in the replica identity, PostgreSQL refuses any update and delete now.
    for (const table of tables) {
      await database.transaction(id, async em => {
        await sqlRows(em, `update ${table} set bucket = bucket`)
        await sqlRows(em, `delete from ${table} where bucket = 3`)
      })
    }
    await rows('drop publication moved')
  })
})
