import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { ShardedDatabase } from '@marquee/data'
import { dieAtEachStep } from '../testing/dying-database.ts'
import { interposed } from '../testing/interposed.ts'
import { startUsers, type RunningUsers } from '../testing/start-users.ts'
import { sweep, sweepBounds } from '../upkeep/sweep.ts'
import { carryFollow } from './carry-follow.ts'
import { follow, unfollow } from './follow.ts'

// Many requests: on a busy machine they take their time.
jest.setTimeout(120_000)

let users: RunningUsers
let database: ShardedDatabase

beforeAll(async () => {
  users = await startUsers({}, 2)
  database = users.database
})
afterAll(() => users.stop())

/** However young: nobody is at work any more. */
const atOnce = { ...sweepBounds, followAgeMs: -1000 }

type Pair = Readonly<{ followerId: string; followeeId: string }>

const listOf = async (table: string, ids: readonly string[]): Promise<readonly string[]> => {
  const rows = await users.rows<{ pair: string }>(
    `select follower_id || ' ' || followee_id || ' ' || followed_at as pair from ${table}
     where follower_id = any($1::uuid[])`,
    [ids],
  )
  return rows.map(({ pair }) => pair).toSorted()
}

/** On each side the count is that of the rows; both sides need not agree. */
const expectExactCounts = async (): Promise<void> => {
  expect(
    await users.rows(
      `select id from profile
       where following_count <> (select count(*) from follow where follower_id = id)
          or follower_count <> (select count(*) from follower where followee_id = id)`,
    ),
  ).toEqual([])
}

/** Both sides have the same rows, with the same moments, and nothing is left to carry. */
const expectWhole = async (ids: readonly string[]): Promise<void> => {
  await expectExactCounts()
  expect(await listOf('follower', ids)).toEqual(await listOf('follow', ids))
  expect(await users.rows('select from follow_task')).toEqual([])
}

const pairOn = async (one: string, other: string): Promise<Pair> => ({
  followerId: await users.profileOn(one),
  followeeId: await users.profileOn(other),
})

describe.each([
  ['s1', 's2'],
  ['s2', 's1'],
  ['s1', 's1'],
])('a user on %s and one on %s', (one, other) => {
  test.each(['follow', 'unfollow'] as const)(
    '%s, and the process dies at any step: it is done on both sides in the end, or not begun',
    async verb => {
      const pair = await pairOn(one, other)
      const doIt = (on: ShardedDatabase): Promise<void> =>
        verb === 'follow' ? follow(on, pair, 10) : unfollow(on, pair)
      const undo = (): Promise<void> =>
        verb === 'follow' ? unfollow(database, pair) : follow(database, pair, 10)
      if (verb === 'unfollow') await undo()
      const died = await dieAtEachStep(database, doIt, async () => {
        await expectExactCounts()
        const isFollowing = (await listOf('follow', [pair.followerId])).length === 1
        await sweep(database, atOnce)
        await expectWhole([pair.followerId])
        expect(await listOf('follow', [pair.followerId])).toHaveLength(isFollowing ? 1 : 0)
        await undo()
        await expectWhole([pair.followerId])
      })
      expect(died).toBe(one === other ? 2 : 8)
    },
  )

  test('changed again before it was carried: what was last is carried, with its moment', async () => {
    const pair = await pairOn(one, other)
    const blind = interposed(database, (owner, work) =>
      owner === pair.followeeId
        ? Promise.reject(new Error('cannot be reached'))
        : database.transaction(owner, work),
    )
    await follow(blind, pair, 10)
    await unfollow(blind, pair)
    await follow(blind, pair, 10)
    await sweep(database, atOnce)
    await expectWhole([pair.followerId])
    expect(await listOf('follower', [pair.followerId])).toHaveLength(1)
    await unfollow(blind, pair)
    await sweep(database, atOnce)
    await expectWhole([pair.followerId])
    expect(await listOf('follower', [pair.followerId])).toHaveLength(0)
  })
})

test('who carries keeps others waiting from the moment it looks: what is newer is carried after it', async () => {
  const pair = await pairOn('s1', 's2')
  const blind = interposed(database, (owner, work) =>
    owner === pair.followeeId
      ? Promise.reject(new Error('cannot be reached'))
      : database.transaction(owner, work),
  )
  await follow(blind, pair, 10)
  let overtaking: Promise<void> | undefined
  const slow = interposed(database, async (owner, work) => {
    const result = await database.transaction(owner, work)
    if (owner === pair.followerId && overtaking === undefined) {
      overtaking = unfollow(database, pair)
      await Promise.race([overtaking, after(300)])
    }
    return result
  })
  await carryFollow(slow, pair)
  await overtaking
  await expectWhole([pair.followerId])
  expect(await listOf('follow', [pair.followerId])).toEqual([])
})

test('what is carried twice, or without a task, changes nothing', async () => {
  const pair = await pairOn('s1', 's2')
  await follow(database, pair, 10)
  await Promise.all([carryFollow(database, pair), carryFollow(database, pair)])
  await carryFollow(database, { followerId: pair.followeeId, followeeId: pair.followerId })
  await expectWhole([pair.followerId, pair.followeeId])
})

test('many at once over two shards, some of them dying, and several sweepers: both sides agree', async () => {
  const ids = await Promise.all(['s1', 's2', 's1', 's2'].map(shard => users.profileOn(shard)))
  const some = (): string => ids[Math.floor(Math.random() * ids.length)] as string
  const steps = Array.from({ length: 120 }, () => ({
    pair: { followerId: some(), followeeId: some() },
    isFollow: Math.random() < 0.6,
  }))
  const frail = interposed(database, async (owner, work) => {
    if (Math.random() < 0.1) throw new Error('died')
    return database.transaction(owner, work)
  })
  await Promise.all([
    ...steps
      .filter(({ pair }) => pair.followerId !== pair.followeeId)
      .map(({ pair, isFollow }) =>
        (isFollow ? follow(frail, pair, 10) : unfollow(frail, pair)).catch(() => undefined),
      ),
    ...Array.from({ length: 8 }, () => sweep(database, atOnce)),
  ])
  await sweep(database, atOnce)
  await expectWhole(ids)
})

test('a sweep takes so many and no more, the oldest first, and leaves the young ones', async () => {
  const pairs = await Promise.all(Array.from({ length: 3 }, () => pairOn('s1', 's2')))
  for (const [n, { followerId, followeeId }] of pairs.entries()) {
    await users.write(
      followerId,
      `insert into follow_task (follower_id, bucket, followee_id, at)
       values ($1, marquee.bucket_of($1::uuid::text), $2, now() - $3 * interval '1 minute')`,
      [followerId, followeeId, n],
    )
  }
  expect((await sweep(database)).follows).toBe(2)
  expect((await sweep(database, { ...atOnce, perShard: 1 })).follows).toBe(1)
  expect(await users.rows('select from follow_task')).toEqual([])
})
