import { expect, test } from '@jest/globals'
import { readSection } from '@marquee/contract'
import { usersConfig } from './config.ts'

test('defaults: no auth, two seconds for it, ten thousand follows, a sweep every half minute', () => {
  expect(readSection('users', usersConfig, {})).toEqual({
    authTimeoutMs: 2000,
    maxFollowing: 10_000,
    sweepEveryMs: 30_000,
  })
})

test('the environment goes over the file', () => {
  const env = { MARQUEE_USERS_AUTH_URL: 'http://auth:4000/graphql', MARQUEE_USERS_AUTH_TIMEOUT_MS: '750' }
  const data = { users: { authUrl: 'http://other/graphql', maxFollowing: 5 } }
  expect(readSection('users', usersConfig, { data, env })).toEqual({
    authUrl: 'http://auth:4000/graphql',
    authTimeoutMs: 750,
    maxFollowing: 5,
    sweepEveryMs: 30_000,
  })
})

test.each([{ authUrl: 'postgres://x' }, { authUrl: 'auth' }, { authTimeoutMs: 0 }, { authURL: 'http://x' }])(
  '%j is refused',
  users => {
    expect(() => readSection('users', usersConfig, { data: { users } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  },
)
