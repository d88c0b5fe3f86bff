import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeId } from '@marquee/contract'
import { bucketOf, startTestPostgres, type TestPostgres } from '@marquee/data'
import { grantRole } from '../index.ts'
import {
  codeOf,
  dataOf,
  emailOn,
  identityOf,
  password,
  serveAuth,
  type TestAuth,
} from '../testing/serve-auth.ts'

type Row = Readonly<{ account_id: string; bucket: number; kind: string; request_id: string | null }>

describe.each([1, 2])('on %d shard(s)', shards => {
  let postgres: TestPostgres
  let auth: TestAuth
  beforeAll(async () => {
    postgres = await startTestPostgres()
    auth = await serveAuth(postgres, {}, shards)
  }, 60_000)
  afterAll(async () => {
    await auth?.stop()
    await postgres?.stop()
  })

  const eventsOf = async (id: string, count: number): Promise<readonly Row[]> => {
    for (let tries = 0; ; tries += 1) {
      const rows = await auth.rows<Row>('select * from audit_event where account_id = $1 order by at, id', [
        id,
      ])
      // What failed is noted behind the answer.
      if (rows.length >= count || tries > 100) return rows
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  test('what happens to an account is noted beside it, in order, without secrets', async () => {
    const email = emailOn(auth.database, auth.database.map().shardOf(0))
    const first = dataOf(await auth.signUp(email)).signUp
    const id = decodeId('User', first.user.id)
    const identity = identityOf(first.user.id)
    dataOf(await auth.signIn(email))
    const second = dataOf(await auth.refresh(first.refreshToken)).refresh
    expect(codeOf(await auth.refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED')
    await grantRole(auth.database, email, 'MODERATOR')
    const made = dataOf(await auth.createClient({ name: 'Mother' }, identity)).createClient
    dataOf(
      await auth.ask(
        'mutation ($id: ID!) { revokeClient(id: $id) { id } }',
        { id: made.client.id },
        identity,
      ),
    )
    expect(codeOf(await auth.signIn(email, 'a wrong password'))).toBe('SIGN_IN_FAILED')
    const events = await eventsOf(id, 8)
    expect(events.map(({ kind }) => kind)).toEqual([
      'signed-up',
      'signed-in',
      'refreshed',
      'reuse-noticed',
      'role-granted',
      'client-made',
      'client-revoked',
      'sign-in-failed',
    ])
    for (const event of events) {
      expect(event.bucket).toBe(bucketOf(id))
      if (event.kind !== 'role-granted') expect(event.request_id).toEqual(expect.any(String))
    }
    const text = JSON.stringify(events)
    for (const secret of [email, password, made.secret, first.refreshToken, second.refreshToken]) {
      expect(text).not.toContain(secret)
    }
  })

  test('what does not happen is not noted', async () => {
    const before = await auth.rows('select from audit_event')
    expect(codeOf(await auth.signIn('nobody@nostromo.example'))).toBe('SIGN_IN_FAILED')
    expect(codeOf(await auth.refresh('mqr_made-up'))).toBe('REFRESH_TOKEN_INVALID')
    expect(await auth.rows('select from audit_event')).toHaveLength(before.length)
  })
})
