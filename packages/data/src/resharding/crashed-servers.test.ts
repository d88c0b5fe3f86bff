import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bucketLoad } from '../testing/bucket-load.ts'
import { startShardCluster, type ShardCluster } from '../testing/shard-cluster.ts'
import { moveBuckets } from './resharding.ts'
import type { MoveEvent } from './resharding-context.ts'

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

let cluster: ShardCluster
beforeAll(async () => {
  cluster = await startShardCluster(['one', 'two'], { rows: 204_800 })
}, 60_000)
afterAll(() => cluster.stop())

const isAt = (event: MoveEvent, name: string): boolean =>
  event.event === name || (event.event === 'step' && event.step === name)

let next = 0

describe('a server that is killed while buckets move', () => {
  test.each([
    ['one', 'copying'],
    ['two', 'copying'],
    ['one', 'caught-up'],
    ['two', 'fenced'],
    ['one', 'fenced'],
    ['two', 'flipping'],
    ['one', 'flipping'],
    ['one', 'cleaning'],
  ])(
    '%s, at %s, costs time but no row',
    async (shard, step) => {
      const buckets = range(next, (next += 64))
      const load = bucketLoad(cluster, ['one', 'two'], buckets, 2)
      let crash: Promise<void> | undefined
      const report = (event: MoveEvent): void => {
        if (isAt(event, step)) crash ??= cluster.crash(shard)
      }
      const outcome = await moveBuckets(
        { ...cluster.options, report },
        { source: 'one', target: 'two', buckets },
      )
      await crash
      await load.stop()
      expect(outcome).toMatchObject({ state: 'done' })
      expect(crash).toBeDefined()
      expect(await load.wrongs()).toEqual([])
      const [rows] = await cluster.sql(
        'two',
        `select (select count(*)::int from public.item where bucket = any($1) and owner <> 'load') as items,
         (select count(*)::int from public.visit where bucket = any($1)) as visits`,
        [buckets],
      )
      expect(rows).toEqual({ items: 64 * 200, visits: 64 * 100 })
    },
    60_000,
  )
})
