import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  bucketOf,
  dieAtEachStep,
  interposed,
  moveBucket,
  reservationBounds,
  startTestPostgres,
  sweepReservations,
  type ShardedDatabase,
  type TestPostgres,
} from '@marquee/data'
import { startSession } from '../sessions/session-store.ts'
import { codeOf, dataOf, emailOn, serveAuth, type TestAuth } from '../testing/serve-auth.ts'
import { createAccount } from './create-account.ts'
import { emailDirectory } from './email-directory.ts'

let postgres: TestPostgres
let auth: TestAuth
let database: ShardedDatabase

beforeAll(async () => {
  postgres = await startTestPostgres()
  auth = await serveAuth(postgres, {}, 2)
  database = auth.database
})
afterAll(async () => {
  await auth?.stop()
  await postgres?.stop()
})

/** However young: nobody is at work any more. */
const sweepAll = (): Promise<number> =>
  sweepReservations(database, emailDirectory, { ...reservationBounds, ageMs: -1000 })

const signUp = (email: string, on = database) =>
  createAccount(on, { email, name: 'Ellen Ripley', passwordHash: 'x' }, (em, { id }) =>
    startSession(em, id, 30, { kind: 'signed-up', requestId: null }),
  )

type Row = Readonly<{ email: string; id: string }>
const accounts = (): Promise<Row[]> => auth.rows<Row>('select email, id from account')

/** Each account has its address in the directory, confirmed, and a session; the directory has nothing else. */
const expectWhole = async (): Promise<void> => {
  const byEmail = (a: Row, b: Row) => (a.email < b.email ? -1 : 1)
  const known = await auth.rows<Row & { is_pending: boolean }>(
    'select email, owner_id as id, is_pending from email_reservation',
  )
  expect(known.toSorted(byEmail)).toEqual(
    (await accounts()).toSorted(byEmail).map(account => ({ ...account, is_pending: false })),
  )
  expect(
    await auth.rows(`select email from account where not exists (
      select from session join refresh_token t on t.session_id = session.id where account_id = account.id)`),
  ).toEqual([])
}

describe.each(['s1', 's2'])('an address on %s', shard => {
  test('a process that signs up dies at any step: the address is whole or free after a sweep', async () => {
    const ways = new Set<boolean>()
    // The id is made by chance: until both ways were gone, on one shard and on two.
    for (let round = 0; ways.size < 2 && round < 20; round += 1) {
      let email = ''
      const died = await dieAtEachStep(
        database,
        dying => {
          email = emailOn(database, shard)
          return signUp(email, dying)
        },
        async () => {
          const isThere = (await accounts()).some(account => account.email === email)
          const [entry] = await auth.rows<{ is_pending: boolean }>(
            'select is_pending from email_reservation where email = $1',
            [email],
          )
          if (isThere) expect(entry).toBeDefined()
          await sweepAll()
          await expectWhole()
          // What nobody has can be had.
          if (isThere) await expect(signUp(email)).rejects.toMatchObject({ code: 'EMAIL_TAKEN' })
          else await signUp(email)
          await expectWhole()
        },
      )
      ways.add(died > 2)
    }
    expect(ways.size).toBe(2)
  })

  test('of many who want it at once one gets it, the others EMAIL_TAKEN', async () => {
    for (let round = 0; round < 5; round += 1) {
      const email = emailOn(database, shard)
      const results = await Promise.allSettled(Array.from({ length: 6 }, () => signUp(email)))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'EMAIL_TAKEN' })
      }
      await expectWhole()
    }
  })
})

test('sign-ups and sweeps at once disturb nobody', async () => {
  const emails = Array.from({ length: 6 }, (_, n) => emailOn(database, `s${(n % 2) + 1}`))
  const results = await Promise.all([
    ...emails.flatMap(email =>
      [1, 2].map(() => signUp(email).catch((error: { code: string }) => error.code)),
    ),
    ...Array.from({ length: 5 }, () => sweepReservations(database, emailDirectory)),
  ])
  expect(results.filter(result => result === 'EMAIL_TAKEN')).toHaveLength(6)
  await sweepAll()
  await expectWhole()
})

/** The database whose account's shard is behind, or ahead of, what `between` does after the claim. */
const afterClaim = (email: string, between: () => Promise<unknown>, agedMs = 0): ShardedDatabase => {
  let claims = 0
  return interposed(database, async (owner, work) => {
    const result = await database.transaction(owner, work)
    if (owner !== email || !Array.isArray(result) || (claims += 1) > 1) return result
    await between()
    return result.map((claim: { at: Date }) => ({
      ...claim,
      at: new Date(claim.at.getTime() - agedMs),
    })) as never
  })
}

test('a process that stalls after its claim makes no second account: the address may be taken by then', async () => {
  // The id is on the other shard, so that there is a claim, every second time.
  let stalls = 0
  for (let round = 0; round < 12; round += 1) {
    const email = emailOn(database, 's1')
    const stalled = afterClaim(
      email,
      async () => {
        stalls += 1
        await sweepAll()
        await signUp(email)
      },
      60_000,
    )
    await signUp(email, stalled).catch((error: { code: string }) => expect(error.code).toBe('EMAIL_TAKEN'))
    expect((await accounts()).filter(account => account.email === email)).toHaveLength(1)
  }
  expect(stalls).toBeGreaterThan(0)
  await expectWhole()
})

test('what fails before its commit frees the address at once', async () => {
  for (let n = 0; n < 8; n += 1) {
    const email = emailOn(database, 's1')
    const failing = createAccount(database, { email, name: 'x', passwordHash: 'x' }, () =>
      Promise.reject(new Error('no')),
    )
    await expect(failing).rejects.toThrow('no')
    expect(await auth.rows('select from email_reservation where email = $1', [email])).toEqual([])
  }
})

test('who signed up can sign in, wherever the account and the address have gone since', async () => {
  const email = emailOn(database, 's1')
  const { user, refreshToken } = dataOf(await auth.signUp(email)).signUp
  const [account] = (await accounts()).filter(row => row.email === email)
  const id = account?.id ?? ''
  let token = refreshToken
  for (const [key, to] of [
    [email, 's2'],
    [id, 's1'],
    [id, 's2'],
    [email, 's1'],
    [id, 's1'],
  ] as const) {
    if (database.map().shardOf(bucketOf(key)) !== to) await moveBucket(database, key, to)
    expect(dataOf(await auth.signIn(email)).signIn.user).toEqual(user)
    token = dataOf(await auth.refresh(token)).refresh.refreshToken
    expect(codeOf(await auth.signUp(email))).toBe('EMAIL_TAKEN')
  }
})
