import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { bucketLoad } from '../testing/bucket-load.ts'
import { startShardCluster, type ShardCluster } from '../testing/shard-cluster.ts'
import { abortMove, moveBuckets } from './resharding.ts'
import type { MoveEvent } from './resharding-context.ts'

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

let cluster: ShardCluster
beforeAll(async () => {
  cluster = await startShardCluster(['one', 'two'], { rows: 40_960 })
}, 60_000)
afterAll(() => cluster.stop())

const countsOf = (shard: string): Promise<unknown> =>
  cluster.sql(
    shard,
    `select (select count(*)::int from public.item where owner <> 'load') as items,
       (select count(*)::int from public.visit) as visits,
       (select count(*)::int from pg_publication) as publications, (select count(*)::int from pg_subscription) as subscriptions,
       (select count(*)::int from pg_replication_slots) as slots, (select count(*)::int from marquee.shard_move) as moves`,
  )

describe('moving buckets', () => {
  test('loses nothing and doubles nothing while they are written to', async () => {
    const events: MoveEvent[] = []
    const load = bucketLoad(cluster, ['one', 'two'], range(0, 256))
    const options = {
      ...cluster.options,
      fenceRows: 4000,
      report: (event: MoveEvent) => void events.push(event),
    }
    const outcome = await moveBuckets(options, { source: 'one', target: 'two', buckets: range(0, 256) })
    const during = load.acknowledged()
    await load.stop()

    expect(outcome).toMatchObject({ state: 'done', buckets: 256 })
    expect(await load.wrongs()).toEqual([])
    expect(during).toBeGreaterThan(500)
    expect(await countsOf('one')).toMatchObject([
      { items: 10_240, visits: 5120, publications: 0, slots: 0, moves: 0 },
    ])
    const [two] = (await countsOf('two')) as readonly { items: number }[]
    expect(two).toMatchObject({ items: 30_720, visits: 15_360, subscriptions: 0 })
    const flips = events.filter(event => event.event === 'flip')
    expect(flips.length).toBeGreaterThan(2)
    expect(Math.max(...flips.map(({ fenceMs }) => fenceMs))).toBeLessThan(1200)
    expect(load.slowestMs()).toBeLessThan(2000)
    // Both copies of the map say the same, and a bucket is written to where it is.
    const maps = await Promise.all(
      ['one', 'two'].map(shard =>
        cluster.sql(shard, `select md5(array_agg(m order by bucket)::text) as map from marquee.shard_map m`),
      ),
    )
    expect(maps[0]).toEqual(maps[1])
  }, 60_000)

  /** From now on, for a while, the target takes nothing in: its table is locked. */
  const holdBack = async (ms: number): Promise<void> => {
    const client = new pg.Client({ connectionString: cluster.url('two') })
    await client.connect()
    await client.query('begin; lock table public.item in exclusive mode')
    await after(ms)
    await client.query('commit')
    await client.end()
  }

  test.each([
    ['waits for a target that is late', 500, 0, 0],
    ['opens the fence again for a target that is too late', 1900, 1, 8],
  ])(
    '%s',
    async (_name, ms, opened, first) => {
      const buckets = range(300 + first, 308 + first)
      const events: MoveEvent[] = []
      const load = bucketLoad(cluster, ['one', 'two'], buckets)
      let held: Promise<void> | undefined
      const report = (event: MoveEvent): void => {
        events.push(event)
        if (event.event === 'step' && event.step === 'caught-up') held ??= holdBack(ms)
      }
      const outcome = await moveBuckets(
        { ...cluster.options, report },
        { source: 'one', target: 'two', buckets },
      )
      await held
      await load.stop()
      expect(outcome).toMatchObject({ state: 'done' })
      expect(await load.wrongs()).toEqual([])
      expect(events.filter(({ event }) => event === 'fence-opened').length).toBe(opened)
      const [flip] = events.filter(event => event.event === 'flip')
      // No writer is kept waiting for longer than `fenceWaitMs`.
      expect(flip?.fenceMs).toBeLessThan(1300)
      expect(load.slowestMs()).toBeLessThan(2000)
    },
    30_000,
  )

  test('is broken off when somebody else writes on the target, and the source is whole', async () => {
    const buckets = range(320, 328)
    const write = `set session_replication_role = replica;
      insert into public.item (id, bucket, owner) values (gen_random_uuid(), 321, 'intruder')`
    let written: Promise<unknown> | undefined
    const report = (event: MoveEvent): void => {
      if (event.event === 'step' && event.step === 'copying') written ??= cluster.sql('two', write)
    }
    const before = await countsOf('one')
    const moving = moveBuckets({ ...cluster.options, report }, { source: 'one', target: 'two', buckets })
    await expect(moving).rejects.toMatchObject({
      code: 'MOVE_MISMATCH',
      details: { where: 'public.item, bucket 321' },
    })
    await written
    const [open] = await cluster.sql(
      'one',
      `select count(*)::int as fenced from marquee.shard_map where state = 'fenced'`,
    )
    expect(open).toEqual({ fenced: 0 })
    expect(await abortMove(cluster.options)).toMatchObject({ state: 'aborted' })
    expect(await countsOf('one')).toEqual(before)
    expect(await countsOf('two')).toMatchObject([{ subscriptions: 0 }])
  }, 20_000)
})
