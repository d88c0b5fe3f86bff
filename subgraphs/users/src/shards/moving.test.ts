import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bucketOf, sqlRows } from '@marquee/data'
import { moveBucket } from '../testing/move-bucket.ts'
import { movieId, startUsers, userId, type Answer, type RunningUsers } from '../testing/start-users.ts'
import { sweep, sweepBounds } from '../upkeep/sweep.ts'

let users: RunningUsers

beforeAll(async () => {
  // The mover of this test has as long as it needs on a busy machine.
  users = await startUsers({}, 2, {
    shards: { refreshMs: 500, fenceWaitMs: 30_000, scatterConcurrency: 8 },
  })
})
afterAll(() => users.stop())

const ok = async (answering: Promise<Answer>): Promise<Answer> => {
  const answer = await answering
  expect(answer.errors).toBeUndefined()
  return answer
}

const mutate = (field: string, viewer: string): Promise<Answer> =>
  ok(users.ask(`mutation { ${field} { __typename } }`, {}, viewer))

test('a user moves to and fro under a load of every mutation: none fails, nothing is lost or doubled', async () => {
  const mover = await users.profileOn('s1', 'Mover')
  const others = await Promise.all(
    Array.from({ length: 4 }, (_, n) => users.profileOn(`s${(n % 2) + 1}`, 'Other')),
  )
  const movies = Array.from({ length: 12 }, () => randomUUID())
  const watched = new Set<string>()
  const following = new Set<string>()
  const followers = new Set<string>()
  let views = 0
  let handle = ''
  const load = new AbortController()

  const toggle = (set: Set<string>, one: string): boolean => {
    if (set.delete(one)) return false
    set.add(one)
    return true
  }
  const loop = async (work: (n: number) => Promise<unknown>): Promise<void> => {
    for (let n = 0; !load.signal.aborted; n += 1) await work(n)
  }
  const loops = [
    loop(n => {
      const movie = movies[n % movies.length]!
      const verb = toggle(watched, movie) ? 'addToWatchlist' : 'removeFromWatchlist'
      return mutate(`${verb}(movieId: "${movieId(movie)}")`, mover)
    }),
    loop(n => {
      const other = others[n % others.length]!
      const verb = toggle(following, other) ? 'follow' : 'unfollow'
      return mutate(`${verb}(userId: "${userId(other)}")`, mover)
    }),
    loop(n => {
      const other = others[n % others.length]!
      const verb = toggle(followers, other) ? 'follow' : 'unfollow'
      return mutate(`${verb}(userId: "${userId(mover)}")`, other)
    }),
    loop(async n => {
      await mutate(`recordView(movieId: "${movieId(movies[n % movies.length]!)}")`, mover)
      views += 1
    }),
    loop(n => {
      handle = `mover_${n}`
      return mutate(`updateProfile(input: { handle: "${handle}" })`, mover)
    }),
    loop(() => sweep(users.database, { ...sweepBounds, followAgeMs: -1000 })),
  ]
  for (let round = 0; round < 6; round += 1) {
    await after(150)
    await moveBucket(users.database, mover, round % 2 === 0 ? 's2' : 's1')
  }
  await after(150)
  load.abort()
  await Promise.all(loops)
  await sweep(users.database, { ...sweepBounds, followAgeMs: -1000, handleAgeMs: -1000 })

  expect(users.database.map().shardOf(bucketOf(mover))).toBe('s1')
  const { data } = await ok(
    users.ask(
      `query ($id: ID!) { user(id: $id) {
        handle followerCount followingCount
        followers { nodes { id } } following { nodes { id } }
        watchlist { totalCount nodes { id watchlistCount } }
      } }`,
      { id: userId(mover) },
      mover,
    ),
  )
  const idsOf = (list: { nodes: { id: string }[] }): string[] => list.nodes.map(({ id }) => id).toSorted()
  const { user } = data
  expect(user).toMatchObject({
    handle,
    followerCount: followers.size,
    followingCount: following.size,
    watchlist: { totalCount: watched.size },
  })
  expect(idsOf(user.followers)).toEqual(Array.from(followers, userId).toSorted())
  expect(idsOf(user.following)).toEqual(Array.from(following, userId).toSorted())
  expect(idsOf(user.watchlist)).toEqual(Array.from(watched, movieId).toSorted())
  for (const { watchlistCount } of user.watchlist.nodes) expect(watchlistCount).toBe(1)
  const byHandle = await users.ask(`{ userByHandle(handle: "${handle}") { id } }`)
  expect(byHandle.data.userByHandle).toEqual({ id: userId(mover) })
  const seen = await users.database.byShard<number>([mover], async em => {
    const rows = await sqlRows<{ count: number }>(
      em,
      'select count(*)::int as count from view where user_id = $1',
      [mover],
    )
    return rows.map(({ count }) => count)
  })
  expect(seen).toEqual([views])
}, 60_000)
