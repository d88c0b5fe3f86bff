import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bucketLoad } from '../testing/bucket-load.ts'
import { killedMover } from '../testing/killed-mover.ts'
import { startShardCluster, type ShardCluster } from '../testing/shard-cluster.ts'
import { moveSteps } from './move-record.ts'
import { abortMove, resumeMove } from './resharding.ts'

let cluster: ShardCluster
beforeAll(async () => {
  cluster = await startShardCluster(['one', 'two'], { rows: 20_480 })
}, 60_000)
afterAll(() => cluster.stop())

/** Each test takes eight buckets of the first shard that no other test has. */
let next = 0
const someBuckets = (): readonly number[] => Array.from({ length: 8 }, () => (next += 1))

const rowsOf = async (shard: string, buckets: readonly number[]): Promise<unknown> => {
  const [row] = await cluster.sql(
    shard,
    `select (select md5(string_agg(i::text, ' ' order by id)) from public.item i where bucket = any($1) and owner <> 'load') as items,
       (select md5(string_agg(v::text, ' ' order by id)) from public.visit v where bucket = any($1)) as visits`,
    [buckets],
  )
  return row
}
const none = { items: null, visits: null }

const traces = async (): Promise<unknown> =>
  Promise.all(
    ['one', 'two'].map(shard =>
      cluster.sql(
        shard,
        `select (select count(*)::int from pg_publication) as publications, (select count(*)::int from pg_subscription) as subscriptions,
           (select count(*)::int from pg_replication_slots) as slots, (select count(*)::int from pg_replication_origin) as origins,
           (select count(*)::int from marquee.shard_map where state = 'fenced') as fenced`,
      ),
    ),
  )
const clean = { publications: 0, subscriptions: 0, slots: 0, origins: 0, fenced: 0 }

const ownersOf = async (shard: string, buckets: readonly number[]): Promise<readonly string[]> => {
  const rows = await cluster.sql<{ shard: string }>(
    shard,
    'select distinct shard from marquee.shard_map where bucket = any($1)',
    [buckets],
  )
  return rows.map(row => row.shard)
}

const expectMoved = async (buckets: readonly number[], before: unknown): Promise<void> => {
  expect(await rowsOf('two', buckets)).toEqual(before)
  expect(await rowsOf('one', buckets)).toEqual(none)
  expect(await ownersOf('one', buckets)).toEqual(['two'])
  expect(await ownersOf('two', buckets)).toEqual(['two'])
  expect(await traces()).toEqual([[clean], [clean]])
}

const events = [...moveSteps.map(step => ({ event: 'step', step })), { event: 'flip' }, { event: 'cleaning' }]

describe('a mover that is killed', () => {
  test.each(events)(
    'at %j leaves a move that is resumed',
    async death => {
      const buckets = someBuckets()
      const before = await rowsOf('one', buckets)
      const load = bucketLoad(cluster, ['one', 'two'], buckets, 2)
      const options = { ...cluster.options, fenceRows: 100 }
      expect(await killedMover(options, { source: 'one', target: 'two', buckets }, death)).toBe('SIGKILL')
      expect(await resumeMove(cluster.options)).toMatchObject({ state: 'done', buckets: 8 })
      await load.stop()
      await expectMoved(buckets, before)
      expect(await load.wrongs()).toEqual([])
    },
    30_000,
  )

  test.each(moveSteps.slice(0, 6))(
    'at %s leaves a move that can be given up',
    async step => {
      const buckets = someBuckets()
      const before = await rowsOf('one', buckets)
      const load = bucketLoad(cluster, ['one', 'two'], buckets, 2)
      const request = { source: 'one', target: 'two', buckets }
      expect(await killedMover(cluster.options, request, { event: 'step', step })).toBe('SIGKILL')
      expect(await abortMove(cluster.options)).toMatchObject({ state: 'aborted' })
      await load.stop()
      expect(await rowsOf('one', buckets)).toEqual(before)
      expect(await rowsOf('two', buckets)).toEqual(none)
      expect(await ownersOf('two', buckets)).toEqual(['one'])
      expect(await traces()).toEqual([[clean], [clean]])
      expect(await load.wrongs()).toEqual([])
    },
    30_000,
  )

  test.each([{ event: 'step', step: 'flipping' }, { event: 'flip' }, { event: 'step', step: 'cleaning' }])(
    'at %j leaves a move that cannot be given up any more',
    async death => {
      const buckets = someBuckets()
      const before = await rowsOf('one', buckets)
      expect(await killedMover(cluster.options, { source: 'one', target: 'two', buckets }, death)).toBe(
        'SIGKILL',
      )
      await expect(abortMove(cluster.options)).rejects.toMatchObject({ code: 'MOVE_NOT_ABORTABLE' })
      await resumeMove(cluster.options)
      await expectMoved(buckets, before)
    },
    30_000,
  )

  test.each(['copying', 'caught-up'])(
    'at %s, whose source failed over meanwhile: copying begins anew',
    async step => {
      const buckets = someBuckets()
      const before = await rowsOf('one', buckets)
      const load = bucketLoad(cluster, ['one', 'two'], buckets, 2)
      const request = { source: 'one', target: 'two', buckets }
      await killedMover(cluster.options, request, { event: 'step', step: 'caught-up' })
      await cluster.sql('one', `update marquee.shard_move set step = $1`, [step])
      // A slot does not come with a failover.
      const [move] = await cluster.sql<{ id: string }>('one', 'select id from marquee.shard_move')
      await cluster.sql('two', `alter subscription marquee_move_${move?.id} disable`)
      await cluster.sql(
        'one',
        'select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where active',
      )
      await cluster.sql('one', 'select pg_drop_replication_slot(slot_name) from pg_replication_slots')
      expect(await resumeMove(cluster.options)).toMatchObject({ state: 'done' })
      await load.stop()
      await expectMoved(buckets, before)
      expect(await load.wrongs()).toEqual([])
    },
    30_000,
  )

  test('again and again, at any moment, gets there all the same', async () => {
    const buckets = Array.from({ length: 64 }, (_, index) => 400 + index)
    const before = await rowsOf('one', buckets)
    const load = bucketLoad(cluster, ['one', 'two'], buckets, 2)
    const options = { ...cluster.options, fenceRows: 100 }
    let ended = await killedMover(
      options,
      { source: 'one', target: 'two', buckets },
      { event: 'step', step: 'planned' },
    )
    let kills = 1
    // Later and later, else it never gets through the one step that is nothing but waiting.
    for (; !ended.startsWith('0'); kills += 1) {
      ended = await killedMover(options, null, 5 + ((kills * 37) % 200) + kills * 60)
      expect(ended).toMatch(/^(SIGKILL|0)/)
    }
    await load.stop()
    expect(kills).toBeGreaterThan(3)
    await expectMoved(buckets, before)
    expect(await load.wrongs()).toEqual([])
  }, 90_000)
})
