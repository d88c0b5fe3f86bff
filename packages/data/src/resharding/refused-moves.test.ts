import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startShardCluster, type ShardCluster } from '../testing/shard-cluster.ts'
import { roomProblem } from './free-space.ts'
import { abortMove, moveBuckets, planMove, resumeMove } from './resharding.ts'
import type { MoveEvent, ReshardingOptions } from './resharding-context.ts'

let cluster: ShardCluster
let minimal: ShardCluster
beforeAll(async () => {
  const owners = ['one', 'two']
  ;[cluster, minimal] = await Promise.all([
    startShardCluster(['one', 'two'], { rows: 2048 }),
    startShardCluster(['old'], { owners, settings: { wal_level: 'replica' } }),
  ])
}, 60_000)
afterAll(() => Promise.all([cluster.stop(), minimal.stop()]))

const request = { source: 'one', target: 'two', buckets: [1, 2, 3] }

const traces = (): Promise<unknown> =>
  Promise.all(
    ['one', 'two'].map(shard =>
      cluster.sql(
        shard,
        `select (select count(*)::int from pg_publication) as publications, (select count(*)::int from pg_subscription) as subscriptions,
           (select count(*)::int from pg_replication_slots where slot_name like 'marquee_move%') as slots,
           (select count(*)::int from marquee.shard_move) as moves, (select count(*)::int from public.item) as items,
           (select md5(array_agg(m order by bucket)::text) from marquee.shard_map m) as map`,
      ),
    ),
  )

const untilCopied = async (): Promise<void> => {
  const copying = `select count(*)::int as tables from pg_subscription_rel where srsubstate <> 'r'`
  while ((await cluster.sql<{ tables: number }>('two', copying))[0]?.tables !== 0) await after(20)
}

const withShard = (name: string, url: string): ReshardingOptions => {
  const { options } = cluster
  const others = options.shards.filter(shard => shard.name !== name)
  return { ...options, shards: [...others, { database: 'shop', name, urls: [url] }] }
}

/** Both the plan and the move say it, and nothing has changed. */
const expectRefused = async (
  options: ReshardingOptions,
  asked: Parameters<typeof moveBuckets>[1],
  expected: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const before = await traces()
  await expect(planMove(options, asked)).rejects.toMatchObject(expected)
  await expect(moveBuckets(options, asked)).rejects.toMatchObject(expected)
  expect(await traces()).toEqual(before)
}

const impossible = (text: string) => ({ code: 'MOVE_IMPOSSIBLE', message: expect.stringContaining(text) })

describe('a move is refused before anything is changed', () => {
  test.each([
    [{ target: 'three' }, 'no shard "three"'],
    [{ source: 'zero' }, 'no shard "zero"'],
    [{ target: 'one' }, 'same shard'],
    [{ buckets: [] }, 'no bucket'],
    [{ buckets: [1, 600] }, '"one" does not own 1 of these buckets (bucket 600 is on "two")'],
    [{ buckets: [1024] }, 'none of 0 to 1023'],
    [{ mapVersion: 7 }, 'the map has version 1, and this was decided by version 7'],
  ])('when it asks for %j', (change, text) =>
    expectRefused(cluster.options, { ...request, ...change }, impossible(text)),
  )

  test.each([
    [
      'two',
      'drop trigger marquee_fence on public.visit',
      `select marquee.shard_table('public.visit')`,
      'the target has no table public.visit',
    ],
    [
      'two',
      'alter table public.item add extra int',
      'alter table public.item drop extra',
      'has a column extra that',
    ],
    [
      'one',
      'alter table public.item add extra int',
      'alter table public.item drop extra',
      'has no column extra',
    ],
    [
      'two',
      'alter table public.item alter n type bigint',
      'alter table public.item alter n type int',
      'public.item.n is integer not null on the source, bigint not null',
    ],
    [
      'one',
      'alter table public.item replica identity default',
      'alter table public.item replica identity using index item_bucket_id_key',
      'the replica identity of public.item on the source',
    ],
    [
      'one',
      'alter table public.visit_new replica identity nothing',
      'alter table public.visit_new replica identity default',
      'the replica identity of public.visit_new on the source',
    ],
    [
      'one',
      'select pg_create_physical_replication_slot(i::text) from generate_series(1, 8) i',
      'select pg_drop_replication_slot(i::text) from generate_series(1, 8) i',
      '"one" has 2 replication slots free',
    ],
    [
      'two',
      `insert into marquee.shard_map select 1, 'two', 'open', 1 where false; set session_replication_role = replica; insert into public.item (id, bucket, owner) values (gen_random_uuid(), 2, 'nobody')`,
      `set session_replication_role = replica; delete from public.item where bucket = 2`,
      'public.item on "two" holds rows of these buckets',
    ],
    [
      'one',
      `update marquee.shard_map set state = 'fenced' where bucket = 2`,
      `update marquee.shard_map set state = 'open' where bucket = 2`,
      'bucket 2 is fenced',
    ],
  ])('when on shard %s: %s', async (shard, breaks, mends, text) => {
    await cluster.sql(shard, breaks)
    try {
      await expectRefused(cluster.options, request, impossible(text))
    } finally {
      await cluster.sql(shard, mends)
    }
  })

  test('when the source does not write a logical WAL', async () => {
    const options = { ...cluster.options, shards: [...cluster.options.shards, ...minimal.options.shards] }
    await minimal.sql('old', `update marquee.shard_map set shard = 'old', version = 2 where bucket = 5`)
    await minimal.sql('old', 'update marquee.shard set map_version = 2')
    await expectRefused(
      options,
      { source: 'old', target: 'two', buckets: [5] },
      impossible('wal_level is replica on "old"'),
    )
  })

  test('when the target cannot be reached', () =>
    expectRefused(withShard('two', 'postgres://marquee:x@127.0.0.1:1/shop'), request, {
      code: 'SHARD_UNAVAILABLE',
      details: { database: 'shop', shard: 'two' },
    }))

  test('when the target cannot reach the source', () =>
    // An address that this process takes, and libpq does not.
    expectRefused(
      withShard('one', `${cluster.url('one')}?nonsense=1`),
      request,
      impossible('"two" cannot subscribe to "one"'),
    ))

  test('when the addresses are swapped', () =>
    expectRefused(
      {
        ...cluster.options,
        shards: [
          ...withShard('one', cluster.url('two')).shards.slice(1),
          { database: 'shop', name: 'two', urls: [cluster.url('one')] },
        ],
      },
      request,
      { code: 'TOPOLOGY_WRONG' },
    ))

  test('when the rows do not fit', () => {
    expect(roomProblem('two', 10e6, 20e6)).toEqual([
      '"two" has 20 MB of its disk free, and the move needs about 84 MB',
    ])
    expect(roomProblem('two', 10e6, 200e6)).toEqual([])
    expect(roomProblem('two', 10e6, null)).toEqual([])
  })

  test('when another mover is at work, or has left something', async () => {
    const stop = new AbortController()
    const begun = Promise.withResolvers<void>()
    const report = ({ event }: MoveEvent): void => void (event === 'step' && begun.resolve())
    const first = moveBuckets({ ...cluster.options, signal: stop.signal, report }, request)
    await begun.promise
    const second = moveBuckets(cluster.options, { ...request, buckets: [9] })
    await expect(second).rejects.toMatchObject({ code: 'MOVE_IN_PROGRESS' })
    stop.abort()
    expect(await first).toMatchObject({ state: 'paused' })
    // What it has subscribed to goes on arriving.
    await untilCopied()
    await expectRefused(cluster.options, { ...request, buckets: [9] }, { code: 'MOVE_IN_PROGRESS' })
    expect(await abortMove(cluster.options)).toMatchObject({ state: 'aborted' })
  }, 20_000)

  test('when there is nothing to go on with, or to give up', async () => {
    await expect(resumeMove(cluster.options)).rejects.toMatchObject({ code: 'MOVE_NONE' })
    await expect(abortMove(cluster.options)).rejects.toMatchObject({ code: 'MOVE_NONE' })
  })
})
