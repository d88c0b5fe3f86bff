import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decodeId } from '@marquee/contract'
import {
  bucketOf,
  dataConfig,
  openShardedDatabase,
  startTestPostgres,
  type TestPostgres,
} from '@marquee/data'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { authModel } from './index.ts'
import {
  codeOf,
  dataOf,
  emailOn,
  identityOf,
  serveAuth,
  type SessionData,
  type TestAuth,
} from './testing/serve-auth.ts'

/** Two shards on two servers, of which the first one dies: the one on which signing keys are made. */

let servers: readonly TestPostgres[]
let auth: TestAuth
let alive: SessionData & { email: string }
let away: SessionData & { email: string }
let client: Readonly<{ id: string; secret: string }>

const shardOf = (key: string): string => auth.database.map().shardOf(bucketOf(key))
/** Somebody whose account and address are both on this shard. */
const person = async (shard: string): Promise<SessionData & { email: string }> => {
  for (;;) {
    const email = emailOn(auth.database, shard)
    const session = dataOf(await auth.signUp(email)).signUp
    if (shardOf(decodeId('User', session.user.id)) === shard) return { ...session, email }
  }
}

beforeAll(async () => {
  servers = await Promise.all([startTestPostgres(), startTestPostgres()])
  await Promise.all(servers.map(({ server }) => server.ensureDatabases(['auth'])))
  const places = servers.map(({ server }, index) => [`s${index + 1}`, { writer: server.url('auth') }])
  const config = dataConfig.parse({
    databases: { auth: { shards: Object.fromEntries(places) } },
    routing: { holdMs: 300 },
  })
  const database = await openShardedDatabase(config, authModel)
  await database.migrate()
  // Keys are read anew each time.
  auth = await serveAuth(servers[0]!, { keyPublishAheadSeconds: 0 }, database)
  away = await person('s1')
  alive = await person('s2')
  const made = dataOf(await auth.createClient({ name: 'Mother' }, identityOf(alive.user.id))).createClient
  client = { id: made.client.id, secret: made.secret }
  await servers[0]!.server.stop()
}, 60_000)
afterAll(async () => {
  await auth?.stop()
  await auth?.database.close()
  await Promise.all(servers.map(server => server.stop()))
})

test('its people are told SHARD_UNAVAILABLE, not that their password is wrong', async () => {
  expect(codeOf(await auth.signIn(away.email))).toBe('SHARD_UNAVAILABLE')
  expect(codeOf(await auth.signIn(away.email, 'wrong password'))).toBe('SHARD_UNAVAILABLE')
  expect(codeOf(await auth.refresh(away.refreshToken))).toBe('SHARD_UNAVAILABLE')
  expect(codeOf(await auth.signOut({ token: away.refreshToken }))).toBe('SHARD_UNAVAILABLE')
  expect(codeOf(await auth.signUp(emailOn(auth.database, 's1')))).toBe('SHARD_UNAVAILABLE')
})

test('others sign in, refresh and sign out, with tokens that verify', async () => {
  const session = dataOf(await auth.signIn(alive.email)).signIn
  const keys = (await (await fetch(new URL('/.well-known/jwks.json', auth.origin))).json()) as JSONWebKeySet
  await jwtVerify(session.accessToken, createLocalJWKSet(keys))
  const next = dataOf(await auth.refresh(session.refreshToken)).refresh
  expect(dataOf(await auth.signOut({ token: next.refreshToken })).signOut).toBe(true)
  expect(codeOf(await auth.signIn(alive.email, 'wrong password'))).toBe('SIGN_IN_FAILED')
  expect(codeOf(await auth.signUp(alive.email))).toBe('EMAIL_TAKEN')
  expect(codeOf(await auth.signIn(emailOn(auth.database, 's2')))).toBe('SIGN_IN_FAILED')
})

test('clients of others sign in', async () => {
  expect(codeOf(await auth.signInClient(client.id, client.secret))).toBeUndefined()
  expect(codeOf(await auth.signInClient(client.id, 'wrong'))).toBe('CLIENT_SIGN_IN_FAILED')
})

test('a sign-up whose account would be there frees its address at once', async () => {
  const codes = new Set<string | undefined>()
  for (let n = 0; n < 12; n += 1) {
    const email = emailOn(auth.database, 's2')
    let code = codeOf(await auth.signUp(email))
    codes.add(code)
    // Each try draws another id; none finds the address taken by an earlier one.
    for (let again = 0; code !== undefined && again < 20; again += 1) code = codeOf(await auth.signUp(email))
    expect(code).toBeUndefined()
  }
  expect([...codes].filter(code => code !== undefined)).toEqual(['SHARD_UNAVAILABLE'])
})

test('of a batch those on the dead shard fail, the others arrive; an old token may be there', async () => {
  const answer = await auth.ask(
    'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { accountName } } }',
    { of: [alive, away].map(({ user }) => ({ __typename: 'User', id: user.id })) },
  )
  expect(answer.data?.['_entities']).toEqual([{ accountName: 'Ellen Ripley' }, null])
  expect(codeOf(answer)).toBe('SHARD_UNAVAILABLE')
  const old = `mqr_${Buffer.alloc(32, 1).toString('base64url')}`
  expect(codeOf(await auth.refresh(old))).toBe('SHARD_UNAVAILABLE')
})
