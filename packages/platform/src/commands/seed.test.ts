import { createHash } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import pg from 'pg'
import { ask } from '../demo/ask.ts'
import { runCli, type Cli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { until } from '../testing/until.ts'

let postgres: TestPostgres
/** One database for each domain, and the same with the users on two shards. */
const whole = { auth: 'auth_a', movies: 'movies_a', users: ['users_a'] }
const sharded = { auth: 'auth_b', movies: 'movies_b', users: ['users_b1', 'users_b2'] }
type Place = typeof whole

const envOf = ({ auth, movies, users }: Place): Record<string, string> => {
  const at = (name: string) => ({ writer: postgres.server.url(name) })
  const shards = Object.fromEntries(users.map((name, index) => [`s${index + 1}`, at(name)]))
  const databases = {
    auth: at(auth),
    movies: at(movies),
    users: users.length === 1 ? at(users[0] ?? '') : { shards },
  }
  return {
    MARQUEE_DATA_DATABASES: JSON.stringify(databases),
    MARQUEE_SECRET: 'a secret for tests only, long enough',
  }
}

const rowsOf = async (database: string, sql: string): Promise<readonly Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: postgres.server.url(database) })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const tables = {
  users: [
    'profile',
    'handle_reservation',
    'follow',
    'follower',
    'watchlist',
    'movie_watchlist_count',
    'view',
  ],
  movies: ['review', 'movie'],
  auth: ['account', 'email_reservation'],
}

/** A digest and the number of the rows of each table, over all its shards. */
const contentOf = async (place: Place): Promise<Record<string, string>> => {
  const content: Record<string, string> = {}
  for (const [domain, names] of Object.entries(tables)) {
    const databases = [place[domain as keyof Place]].flat()
    for (const name of names) {
      const texts = await Promise.all(
        databases.map(database => rowsOf(database, `select t::text as row from ${name} t`)),
      )
      const rows = texts
        .flat()
        .map(({ row }) => String(row))
        .toSorted()
      content[name] = `${rows.length} ${createHash('sha1').update(rows.join('\n')).digest('hex')}`
    }
  }
  return content
}

const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }'
const whatIDid = `{ viewer {
  followerCount followingCount
  following { nodes { name } } watchlist { totalCount nodes { title } } history { nodes { movie { title } at } }
} }`

const seed = (place: Place, ...args: readonly string[]): Cli =>
  runCli(['seed', '--users', '2000', '--json', ...args], envOf(place))

beforeAll(async () => {
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases([whole, sharded].flatMap(place => Object.values(place).flat()))
  for (const place of [whole, sharded]) {
    const cli = runCli(['import', '--bundled'], envOf(place))
    expect(await cli.exit).toBe(0)
  }
})
afterAll(() => postgres.stop())

// Several processes one after another, each of which loads the data layer.
jest.setTimeout(120_000)

describe('marquee seed', () => {
  test('needs movies', async () => {
    await postgres.server.ensureDatabases(['auth_c', 'movies_c', 'users_c'])
    const cli = seed({ auth: 'auth_c', movies: 'movies_c', users: ['users_c'] })
    expect(await cli.exit).toBe(1)
    expect(await cli.waitFor('failed')).toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining('marquee import --bundled'),
    })
  })

  test('fills the databases, once', async () => {
    const first = seed(whole)
    expect(await first.exit).toBe(0)
    const seeded = await first.waitFor('seeded')
    expect(seeded['rows']).toBeGreaterThan(15_000)
    const again = seed(whole)
    expect(await again.exit).toBe(0)
    expect(await again.waitFor('seeded')).toMatchObject({ rows: 0 })
  })

  test('counts are those of the rows, and each month has its partition', async () => {
    expect(
      await rowsOf(
        'users_a',
        `select count(*)::int as wrong from profile p where
           follower_count <> (select count(*) from follower where followee_id = p.id) or
           following_count <> (select count(*) from follow where follower_id = p.id)`,
      ),
    ).toEqual([{ wrong: 0 }])
    expect(
      await rowsOf(
        'users_a',
        `select count(*)::int as wrong from movie_watchlist_count c where
           users <> (select count(*) from watchlist w where (w.movie_id, w.bucket) = (c.movie_id, c.bucket))`,
      ),
    ).toEqual([{ wrong: 0 }])
    expect(
      await rowsOf(
        'movies_a',
        `select count(*)::int as wrong from movie m where
           rating_count <> (select count(*) from review where movie_id = m.id)`,
      ),
    ).toEqual([{ wrong: 0 }])
    const parts = await rowsOf(
      'users_a',
      'select distinct tableoid::regclass::text as part from view order by 1',
    )
    expect(parts.map(({ part }) => part)).toEqual(
      Array.from({ length: 12 }, (_, month) => `view_2025_${String(month + 1).padStart(2, '0')}`),
    )
  })

  test('killed in between and run again, on shards, it leaves the same rows', async () => {
    const killed = seed(sharded)
    await until(() => killed.events.some(({ event }) => event === 'seeding'), 60_000)
    killed.child.kill('SIGKILL')
    await killed.exit
    expect(killed.events.some(({ event }) => event === 'seeded')).toBe(false)
    await after(500)
    const [some] = await rowsOf('users_b1', 'select count(*)::int as steps from marquee_bulk.step')
    expect(some!['steps']).toBeLessThan(40)
    const resumed = seed(sharded)
    expect(await resumed.exit).toBe(0)
    const all = await contentOf(whole)
    expect(Number((await resumed.waitFor('seeded'))['rows'])).toBeGreaterThan(0)
    expect(await contentOf(sharded)).toEqual(all)
    const strays = await Promise.all([
      rowsOf('users_b1', 'select count(*)::int as count from follower where bucket > 511'),
      rowsOf('users_b2', 'select count(*)::int as count from follower where bucket < 512'),
    ])
    expect(strays.flat()).toEqual([{ count: 0 }, { count: 0 }])
  })

  test('its people sign in, and are found through the public API', async () => {
    const folder = await temporaryFolder()
    const env = { ...envOf(sharded), MARQUEE_PLATFORM_DATA: folder.path }
    const platform = runCli(['up', '--port', '0', '--no-import', '--no-watch', '--json'], env)
    try {
      const { url } = (await platform.waitFor('ready')) as unknown as { url: string }
      const session = await ask(url, signIn, {
        input: { email: 'user-0@seed-1.marquee.example', password: 'marquee-seed' },
      })
      expect(session.errors).toBeUndefined()
      const { accessToken } = (session.data ?? {})['signIn'] as { accessToken: string }
      const answer = await ask(url, whatIDid, {}, accessToken)
      expect(answer.errors).toBeUndefined()
      const viewer = answer.data?.['viewer'] as Record<string, { totalCount: number; nodes: unknown[] }>
      const id = (await rowsOf('auth_b', `select id from account where email like 'user-0@%'`))[0]?.['id']
      const counted = async (table: string, column: string): Promise<number> => {
        const sql = `select count(*)::int as count from ${table} where ${column} = '${String(id)}'`
        const counts = await Promise.all(sharded.users.map(name => rowsOf(name, sql)))
        return counts.flat().reduce((sum, { count }) => sum + Number(count), 0)
      }
      expect(viewer).toMatchObject({
        followerCount: await counted('follower', 'followee_id'),
        followingCount: await counted('follow', 'follower_id'),
        watchlist: { totalCount: await counted('watchlist', 'user_id') },
      })
      expect(viewer['history']?.nodes).toHaveLength(Math.min(20, await counted('view', 'user_id')))
    } finally {
      platform.child.kill('SIGTERM')
      await platform.exit
      await folder.remove()
    }
  })

  test('refuses where others are, and forced, leaves them alone', async () => {
    const before = await contentOf(whole)
    const refused = seed(whole, '--seed', '2')
    expect(await refused.exit).toBe(1)
    expect(await refused.waitFor('failed')).toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining('there are other users already'),
    })
    expect(await contentOf(whole)).toEqual(before)
    const forced = seed(whole, '--seed', '2', '--force')
    expect(await forced.exit).toBe(0)
    const [profiles] = await rowsOf(
      'users_a',
      `select count(*)::int as all, count(*) filter (where handle like '%\\_2\\_%')::int as new from profile`,
    )
    expect(profiles).toEqual({ all: 4000, new: 2000 })
  })
})
