import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import { askSubgraph } from '@marquee/subgraph'
import { startFakeAuth, type FakeAuth } from './testing/fake-auth.ts'
import { configOf, identityOf, userId } from './testing/start-users.ts'

const secret = 'the secret of these tests'
let postgres: TestPostgres
let auth: FakeAuth
let child: ChildProcess | undefined

beforeAll(async () => {
  ;[postgres, auth] = await Promise.all([startTestPostgres(), startFakeAuth(secret)])
})
afterAll(async () => {
  child?.kill('SIGKILL')
  await postgres.stop()
  await auth.stop()
})

test.each([1, 2])(
  'as a process on %d shards: migrates, serves, asks auth, and ends when told',
  async shards => {
    const data = await configOf(postgres, shards)
    const viewer = 'b0f4aa52-6bd4-4f3f-8d8f-2a63b8cf7a01'
    auth.accounts.set(viewer, 'Ada')
    child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), [], {
      execArgv: ['--no-warnings'],
      silent: true,
      env: {
        PATH: process.env['PATH'],
        MARQUEE_CONFIG: '',
        MARQUEE_SECRET: secret,
        MARQUEE_DATA_DATABASES: JSON.stringify(data.databases),
        MARQUEE_DATA_DOMAINS: JSON.stringify(data.domains),
        MARQUEE_USERS_AUTH_URL: auth.url,
      },
    })
    const [message] = await once(child, 'message')
    expect(message).toMatchObject({ event: 'ready' })
    const answer = await askSubgraph(
      (message as { url: string }).url,
      secret,
      'users',
      {
        query:
          'mutation ($id: ID!) { addToWatchlist(movieId: $id) { viewer { id handle watchlist { totalCount } } } }',
        variables: { id: 'Movie_AAAAAAAAAAAAAAAAAAAAAA' },
      },
      identityOf(viewer),
    )
    expect(answer.data).toEqual({
      addToWatchlist: { viewer: { id: userId(viewer), handle: 'ada', watchlist: { totalCount: 1 } } },
    })
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  },
)
