import { expect, test } from '@jest/globals'
import { readSection } from '@marquee/contract'
import { authConfig } from './config.ts'

test('the defaults', () => {
  expect(authConfig.parse({})).toEqual({
    issuer: 'marquee',
    audience: 'marquee',
    accessTokenSeconds: 900,
    refreshTokenDays: 30,
    keyRotationDays: 30,
    keyPublishAheadSeconds: 3600,
    sweepEveryMs: 30_000,
    argon2: { memoryKib: 19_456, passes: 2, lanes: 1, concurrency: 2, maxWaiting: 100 },
    redisDeadlineMs: 50,
    limits: {
      signIn: { max: 10, windowSeconds: 60 },
      signUp: { max: 5, windowSeconds: 60 },
      refresh: { max: 30, windowSeconds: 60 },
      signInClient: { max: 20, windowSeconds: 60 },
      memoryKeys: 50_000,
    },
  })
})

test('the environment: shared names, and names of its own', () => {
  const config = readSection('auth', authConfig, {
    env: {
      MARQUEE_SECRET: 'sixteen characters',
      REDIS_URL: 'redis://127.0.0.1:6379',
      MARQUEE_AUTH_ACCESS_TOKEN_SECONDS: '60',
      MARQUEE_AUTH_LIMITS_SIGN_IN_MAX: '3',
    },
  })
  expect(config).toMatchObject({
    secret: 'sixteen characters',
    redisUrl: 'redis://127.0.0.1:6379',
    accessTokenSeconds: 60,
    limits: { signIn: { max: 3, windowSeconds: 60 } },
  })
})

test.each([
  ['a short secret', { secret: 'short' }, 'auth.secret'],
  ['a key that does not exist', { acessTokenSeconds: 5 }, 'acessTokenSeconds'],
  ['a Redis URL that is none', { redisUrl: 'http://redis' }, 'auth.redisUrl'],
])('refuses %s', (_what, auth, named) => {
  expect(() => readSection('auth', authConfig, { data: { auth } })).toThrow(named)
})
