import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import { codeOf, dataOf, identityOf, serveAuth, type TestAuth } from '../testing/serve-auth.ts'
import { startRedis, whyNoOwnRedis, whyNoRedis, type TestRedis } from '../testing/start-redis.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
}, 60_000)
afterAll(async () => postgres?.stop())

const strict = { max: 3, windowSeconds: 60 }
const limits = { signIn: strict, signUp: strict, refresh: strict, signInClient: strict }

// A Redis that others use too remembers the addresses of an earlier run.
const newEmail = (): string => `limited-${randomUUID()}@nostromo.example`
const times = async <T>(count: number, call: () => Promise<T>): Promise<T[]> => {
  const all: T[] = []
  for (let n = 0; n < count; n += 1) all.push(await call())
  return all
}

describe('limits in memory', () => {
  let auth: TestAuth
  beforeAll(async () => {
    auth = await serveAuth(postgres, { limits })
  })
  afterAll(async () => auth?.stop())

  test('signIn: per address whatever its case, the right password too; others are not touched', async () => {
    const [email, other] = [newEmail(), newEmail()]
    await auth.signUp(email)
    await auth.signUp(other)
    const wrong = await times(3, () => auth.signIn(email, 'wrong wrong wrong'))
    expect(wrong.map(codeOf)).toEqual(Array.from({ length: 3 }, () => 'SIGN_IN_FAILED'))
    const refused = await auth.signIn(email.toUpperCase())
    expect(codeOf(refused)).toBe('RATE_LIMITED')
    expect(refused.errors?.[0]?.message).toMatch(
      /3 calls of `signIn` are allowed in 60 seconds; try again in (59|60) seconds\.$/,
    )
    expect(codeOf(await auth.signIn(other))).toBeUndefined()
  })

  test('signIn: guesses made at the same moment do not slip through', async () => {
    const email = newEmail()
    const answers = await Promise.all(Array.from({ length: 30 }, () => auth.signIn(email, 'guess guess')))
    expect(answers.filter(answer => codeOf(answer) === 'SIGN_IN_FAILED')).toHaveLength(3)
    expect(answers.filter(answer => codeOf(answer) === 'RATE_LIMITED')).toHaveLength(27)
  })

  test('signUp: per address', async () => {
    const email = newEmail()
    const codes = (await times(4, () => auth.signUp(email))).map(codeOf)
    expect(codes).toEqual([undefined, 'EMAIL_TAKEN', 'EMAIL_TAKEN', 'RATE_LIMITED'])
  })

  test('refresh: per sign-in, however the token changes', async () => {
    let { refreshToken } = dataOf(await auth.signUp(newEmail())).signUp
    for (let n = 0; n < 3; n += 1)
      refreshToken = dataOf(await auth.refresh(refreshToken)).refresh.refreshToken
    expect(codeOf(await auth.refresh(refreshToken))).toBe('RATE_LIMITED')
    expect((await times(4, () => auth.refresh('unknown'))).map(codeOf).at(-1)).toBe('RATE_LIMITED')
    expect(codeOf(await auth.refresh('another'))).toBe('REFRESH_TOKEN_INVALID')
  })

  test('signInClient: per client', async () => {
    const { user } = dataOf(await auth.signUp(newEmail())).signUp
    const { client, secret } = dataOf(
      await auth.createClient({ name: 'x' }, identityOf(user.id)),
    ).createClient
    const codes = (await times(4, () => auth.signInClient(client.id, `${secret}x`))).map(codeOf)
    expect(codes).toEqual([...Array.from({ length: 3 }, () => 'CLIENT_SIGN_IN_FAILED'), 'RATE_LIMITED'])
  })

  test('the window passes', async () => {
    const quick = await serveAuth(postgres, { limits: { signIn: { max: 1, windowSeconds: 1 } } })
    const email = newEmail()
    await quick.signUp(email)
    expect((await times(2, () => quick.signIn(email))).map(codeOf)).toEqual([undefined, 'RATE_LIMITED'])
    await sleep(1050)
    expect(codeOf(await quick.signIn(email))).toBeUndefined()
    await quick.stop()
  })
})

const fault = whyNoOwnRedis === undefined ? test : test.skip
const reason = whyNoOwnRedis === undefined ? '' : ` (${whyNoOwnRedis})`

const inRedis = (): void => {
  let redis: TestRedis
  let replicas: readonly TestAuth[]
  const email = newEmail()
  let refreshToken = ''
  beforeAll(async () => {
    redis = await startRedis()
    // Wide deadline where a slow test machine must not look like an outage.
    const settings = { limits, redisUrl: redis.url, redisDeadlineMs: 1000 }
    const first = await serveAuth(postgres, settings)
    replicas = [first, await serveAuth(postgres, settings, first.database)]
    refreshToken = dataOf(await first.signUp(email)).signUp.refreshToken
  })
  afterAll(async () => {
    for (const replica of replicas.toReversed()) await replica.stop()
    await redis?.kill()
  })
  const replica = (n: number): TestAuth => replicas[n] as TestAuth

  test('replicas count together', async () => {
    const someone = newEmail()
    const codes: (string | undefined)[] = []
    for (const n of [0, 1, 0, 1, 0]) codes.push(codeOf(await replica(n).signIn(someone)))
    expect(codes).toEqual([
      ...Array.from({ length: 3 }, () => 'SIGN_IN_FAILED'),
      'RATE_LIMITED',
      'RATE_LIMITED',
    ])
  })

  fault(`without Redis signIn is closed, and nobody is signed out${reason}`, async () => {
    await redis.kill()
    await sleep(50)
    const closed = await replica(0).signIn(email)
    expect(codeOf(closed)).toBe('LIMITER_UNAVAILABLE')
    refreshToken = dataOf(await replica(0).refresh(refreshToken)).refresh.refreshToken
    expect(codeOf(await replica(0).signUp(newEmail()))).toBeUndefined()
    await redis.start()
    let code: string | undefined = 'LIMITER_UNAVAILABLE'
    for (let waited = 0; waited < 60 && code === 'LIMITER_UNAVAILABLE'; waited += 1) {
      await sleep(100)
      code = codeOf(await replica(0).signIn(email))
    }
    expect(code).toBeUndefined()
  })

  fault(`a Redis that hangs closes signIn too, after its deadline${reason}`, async () => {
    redis.freeze()
    const start = performance.now()
    expect(codeOf(await replica(1).signIn(email))).toBe('LIMITER_UNAVAILABLE')
    expect(performance.now() - start).toBeLessThan(2500)
    expect(codeOf(await replica(1).refresh(refreshToken))).toBeUndefined()
    redis.thaw()
  })
}

if (whyNoRedis === undefined) describe('limits in Redis', inRedis)
else test.skip(`limits in Redis (${whyNoRedis})`, () => undefined)
