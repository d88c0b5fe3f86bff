import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bucketOf } from '../shards/bucket-of.ts'
import { openShardedDatabase } from '../shards/open-sharded-database.ts'
import type { ShardedDatabase } from '../shards/sharded-database.ts'
import { sqlRows } from '../sql-rows.ts'
import { noteModel } from '../testing/note-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { replicaSetsOf } from '../topology-config.ts'
import type { ReshardingOptions } from './resharding-context.ts'
import { holdingsOf, reshardingStatus } from './resharding-status.ts'
import { moveBuckets } from './resharding.ts'
import { drainShard, rebalance } from './spread-buckets.ts'

let postgres: TestPostgres
let database: ShardedDatabase
let options: ReshardingOptions
beforeAll(async () => {
  postgres = await startTestPostgres()
  // Two databases of one server: that is a sharded database too.
  const config = await postgres.shardedConfigFor('notes', ['s1', 's2'], {
    statementTimeoutMs: 300,
    shards: { refreshMs: 100, fenceWaitMs: 2000, scatterConcurrency: 8 },
  })
  database = await openShardedDatabase(config, noteModel)
  await database.migrate()
  const [[name, place] = ['', { writer: '', readers: [] }]] = Object.entries(config.databases)
  options = {
    shards: replicaSetsOf(name, place).map(({ shard, writer }) => ({
      database: name,
      name: shard ?? '',
      urls: [writer],
    })),
    refreshMs: 100,
    statementTimeoutMs: 300,
    fenceWaitMs: 2000,
  }
}, 30_000)
afterAll(async () => {
  await database.close()
  await postgres.stop()
})

const owners = Array.from({ length: 40 }, (_, index) => `owner ${index}`)
let nextId = 0

const write = (owner: string): Promise<unknown> => {
  nextId += 1
  const id = nextId
  return database.transaction(owner, em =>
    sqlRows(em, 'insert into note values ($1, $2, $3, $4)', [id, bucketOf(owner), owner, 'text']),
  )
}

const counts = (): Promise<readonly (number | Error)[]> =>
  database.byShard(owners, async (em, some) => {
    const rows = await sqlRows<{ owner: string; notes: number }>(
      em,
      'select owner, count(*)::int as notes from note where owner = any($1) group by owner',
      [some],
    )
    const byOwner = new Map(rows.map(({ owner, notes }) => [owner, notes]))
    return some.map(owner => byOwner.get(owner) ?? 0)
  })

/** Writes and reads, each owner by one, until it is stopped. */
const use = () => {
  const stop = new AbortController()
  const written = owners.map(() => 0)
  const wrongs: string[] = []
  const writing = owners.slice(0, 8).map(async (_, lane) => {
    while (!stop.signal.aborted) {
      const index = lane + 8 * Math.floor(Math.random() * 5)
      await write(owners[index] ?? '')
      written[index] = (written[index] ?? 0) + 1
    }
  })
  const reading = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const least = [...written]
      const seen = await counts()
      for (const [index, count] of seen.entries()) {
        if (!(typeof count === 'number' && count >= (least[index] ?? 0)))
          wrongs.push(`${owners[index]}: ${String(count)} seen, ${least[index]} written`)
      }
    }
  }
  const all = Promise.all([...writing, reading()])
  return {
    wrongs,
    written,
    stop: async () => {
      stop.abort()
      await all
    },
  }
}

describe('a sharded database in use', () => {
  test('keeps every write and shows it at once while its buckets are moved to and fro', async () => {
    const load = use()
    const before = holdingsOf(await reshardingStatus(options))
    for (const wish of drainShard(before, 's1')) await moveBuckets(options, wish)
    const drained = holdingsOf(await reshardingStatus(options))
    expect([...drained].map(([name, buckets]) => [name, buckets.length])).toEqual([
      ['s1', 0],
      ['s2', 1024],
    ])
    for (const wish of rebalance(drained)) await moveBuckets(options, wish)
    await load.stop()
    const after = await reshardingStatus(options)
    expect([...holdingsOf(after).values()].map(buckets => buckets.length)).toEqual([512, 512])
    expect(after.shards.map(({ mapVersion }) => mapVersion)).toEqual([after.mapVersion, after.mapVersion])
    expect(load.wrongs).toEqual([])
    expect(await counts()).toEqual(load.written)
    expect(load.written.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(200)
  }, 40_000)
})
