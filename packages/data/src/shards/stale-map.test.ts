import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeConsistencyToken, encodeConsistencyToken, type ConsistencyToken } from '@marquee/contract'
import pg from 'pg'
import type { DataConfig } from '../config.ts'
import type { RequestScope } from '../routing/request-scope.ts'
import { sqlRows } from '../sql-rows.ts'
import { moveByHand, type MoveByHand } from '../testing/move-by-hand.ts'
import { noteModel } from '../testing/note-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { bucketOf } from './bucket-of.ts'
import { openShardedDatabase } from './open-sharded-database.ts'
import type { ShardedDatabase } from './sharded-database.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

const owners = Array.from({ length: 100 }, (_, at) => `owner ${at}`)
const onFirst = owners.filter(owner => bucketOf(owner) < 512)
const onSecond = owners.filter(owner => bucketOf(owner) >= 512)
const [moved = '', stays = ''] = onFirst
const [second = ''] = onSecond

type Stage = Readonly<{ config: DataConfig; database: ShardedDatabase; move: MoveByHand }>

/** Every owner has a note; the bucket of `moved` can be moved from s1 to s2. */
const stage = async (refreshMs: number, work: (stage: Stage) => Promise<void>): Promise<void> => {
  const config = await postgres.shardedConfigFor('notes', ['s1', 's2'], {
    shards: { refreshMs, fenceWaitMs: 2000, scatterConcurrency: 8 },
    statementTimeoutMs: 200,
  })
  const database = await openShardedDatabase(config, noteModel)
  try {
    await database.migrate()
    for (const [at, owner] of owners.entries()) {
      await database.transaction(owner, em =>
        sqlRows(em, 'insert into note values ($1, $2, $3, $3)', [at, bucketOf(owner), owner]),
      )
    }
    await work({ config, database, move: moveByHand(config, 's1', 's2', bucketOf(moved)) })
  } finally {
    await database.close()
  }
}

const texts = (database: ShardedDatabase, ...asked: string[]): Promise<readonly (string | Error)[]> =>
  database.byShard<string>(asked, async (em, some) => {
    const rows = await sqlRows<{ owner: string; text: string }>(
      em,
      'select owner, text from note where owner = any($1)',
      [some],
    )
    return some.map(owner => rows.find(row => row.owner === owner)?.text ?? 'NOTHING')
  })

const count = async (database: ShardedDatabase): Promise<number> => {
  const { answers, failures } = await database.scatter(async (em, _shard, buckets) => {
    const sql = 'select count(*)::int as n from note where bucket = any($1)'
    return (await sqlRows<{ n: number }>(em, sql, [buckets]))[0]?.n ?? 0
  })
  expect(failures).toEqual([])
  return answers.reduce((one, other) => one + other, 0)
}

const asQuery = <T>(
  database: ShardedDatabase,
  work: (scope: RequestScope) => Promise<T>,
  seen: ConsistencyToken = {},
): Promise<T> =>
  database.inRequest(seen, scope => {
    scope.reads = 'reader'
    return work(scope)
  })

/** As a subgraph does it: a query whose moment is lost is begun anew, once. */
const twice = async <T>(database: ShardedDatabase, work: (scope: RequestScope) => Promise<T>): Promise<T> => {
  let isLost = false
  const first = await asQuery(database, async scope => {
    const settled = await Promise.allSettled([work(scope)])
    isLost = scope.hasLostSnapshot
    return settled[0]
  })
  if (isLost) return asQuery(database, work)
  if (first.status === 'rejected') throw first.reason
  return first.value
}

const writerOf = (config: DataConfig, shard: string): string => {
  const [place] = Object.values(config.databases)
  return place !== undefined && 'shards' in place ? (place.shards[shard]?.writer ?? '') : ''
}

describe('a process that knows an old map', () => {
  test('looks for a newer one from time to time', () =>
    stage(50, async ({ database, move }) => {
      await move.fence()
      await move.flip()
      await after(250)
      expect(database.map().version).toBe(2)
      expect(database.map().shardOf(bucketOf(moved))).toBe('s2')
    }))

  test('looks for it before it reads for one that has seen a newer one', () =>
    stage(60_000, async ({ config, database, move }) => {
      await move.fence()
      await move.flip()
      await move.deleteRows()
      const other = await openShardedDatabase(config, noteModel)
      const wrote = await other.inRequest({}, async scope => {
        await other.transaction(moved, em =>
          sqlRows(em, `update note set text = 'new' where owner = $1`, [moved]),
        )
        return scope.wrote
      })
      await other.close()
      const [name = ''] = Object.keys(config.databases)
      expect(Object.keys(wrote).toSorted()).toEqual([`${name}#map`, `${name}/s2`])
      expect(database.map().version).toBe(1)
      const token = decodeConsistencyToken(encodeConsistencyToken(wrote))
      expect(token).toEqual(wrote)
      expect(await asQuery(database, () => texts(database, moved), token)).toEqual(['new'])
      expect(database.map().version).toBe(2)
    }))

  test('takes the newest entry of each bucket, wherever it is: a shard may be new in one and old in another', async () => {
    const config = await postgres.shardedConfigFor('notes', ['s1', 's2', 's3'], {
      shards: { refreshMs: 50, fenceWaitMs: 2000, scatterConcurrency: 8 },
      statementTimeoutMs: 200,
    })
    const database = await openShardedDatabase(config, noteModel)
    await database.migrate()
    const [first = ''] = owners.filter(owner => bucketOf(owner) < 341)
    const [other = ''] = owners.filter(owner => bucketOf(owner) > 341 && bucketOf(owner) < 682)
    for (const [at, owner] of [first, other].entries()) {
      await database.transaction(owner, em =>
        sqlRows(em, 'insert into note values ($1, $2, $3, $3)', [at, bucketOf(owner), owner]),
      )
    }
    const moves = [
      moveByHand(config, 's1', 's2', bucketOf(first)),
      moveByHand(config, 's2', 's3', bucketOf(other)),
    ]
    for (const move of moves) {
      await move.fence()
      await move.flip(['s1', 's3'])
      await move.deleteRows()
    }
    await after(300)
    const late = await openShardedDatabase(config, noteModel)
    for (const one of [database, late]) {
      expect(one.map().version).toBe(3)
      expect(await texts(one, first, other)).toEqual([first, other])
      await one.close()
    }
  })

  test('goes on with what there is when a token tells of a map that no shard knows', () =>
    stage(500, async ({ config, database }) => {
      const [name = ''] = Object.keys(config.databases)
      const seen = { [`${name}#map`]: { timeline: 1, lsn: 'FF/0' } }
      expect(await asQuery(database, () => texts(database, moved), seen)).toEqual([moved])
    }))

  const standStill = (ms: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  }

  test('reads what is new at most two looks late, even when it stood still meanwhile', () =>
    stage(150, async ({ config, database, move }) => {
      await move.fence()
      const client = new pg.Client({ connectionString: writerOf(config, 's2') })
      await client.connect()
      await move.flip()
      await client.query(`update note set text = 'new' where owner = $1`, [moved])
      standStill(350)
      expect(await texts(database, moved)).toEqual(['new'])
      await client.end()
    }))

  test('never reads nothing for something, even when it stood still meanwhile', () =>
    stage(50, async ({ config, database, move }) => {
      await move.fence()
      expect(await texts(database, moved)).toEqual([moved])
      // The rest of the move happens while this process does nothing at all.
      const client = new pg.Client({ connectionString: writerOf(config, 's1') })
      await client.connect()
      await move.flip()
      const deleting = client.query(
        `set session_replication_role = replica; delete from note where bucket = ${bucketOf(moved)}`,
      )
      await new Promise(resolve => setImmediate(resolve))
      standStill(600)
      expect(await texts(database, moved, stays)).toEqual([moved, stays])
      await deleting
      await client.end()
    }))

  test('reads again what took so long that it may have been deleted meanwhile', () =>
    stage(50, async ({ database, move }) => {
      await move.fence()
      let calls = 0
      const slow = database.byShard([moved], async (em, some) => {
        calls += 1
        if (calls === 1) {
          await move.flip()
          // As long as rows stay: 2 x 50 ms and the statement timeout of 200 ms.
          await after(300)
          await move.deleteRows()
        }
        const rows = await sqlRows(em, 'select 1 from note where owner = any($1)', [some])
        return some.map(() => rows.length)
      })
      expect(await slow).toEqual([1])
      expect(calls).toBe(2)
    }))
})

describe('during a whole move', () => {
  test('every read sees each row once, in whatever step, and every write lands', () =>
    stage(50, async ({ config, database, move }) => {
      const other = await openShardedDatabase(config, noteModel)
      const over = new AbortController()
      let writes = 0
      const seen = { texts: new Set<string>(), counts: new Set<number>() }
      const reading = async (): Promise<void> => {
        while (!over.signal.aborted) {
          seen.texts.add(JSON.stringify(await texts(database, moved, stays, second)))
          seen.counts.add(await twice(other, () => count(other)))
          await after(1)
        }
      }
      const writing = async (): Promise<void> => {
        while (!over.signal.aborted) {
          await other.transaction(moved, em =>
            sqlRows(em, 'update note set id = id + 1000 where owner = $1', [moved]),
          )
          writes += 1
          await after(1)
        }
      }
      const load = Promise.all([reading(), reading(), writing()])
      await after(100)
      await move.fence()
      await after(30)
      await move.flip()
      await after(2 * 50 + 200)
      await move.deleteRows()
      await after(200)
      over.abort()
      await load
      expect([...seen.texts]).toEqual([JSON.stringify([moved, stays, second])])
      expect([...seen.counts]).toEqual([owners.length])
      const ids = await database.byShard([moved], async em => {
        const rows = await sqlRows<{ id: number }>(em, 'select id from note where owner = $1', [moved])
        return [rows[0]?.id ?? 0]
      })
      expect(ids).toEqual([owners.indexOf(moved) + 1000 * writes])
      await other.close()
    }))
})

describe('a query that was begun before a move', () => {
  const finish = async ({ database, move }: Stage): Promise<void> => {
    await move.fence()
    await move.flip()
    await move.deleteRows()
    await after(250)
    expect(database.map().version).toBe(2)
  }

  test('begins anew when the moment that it has of the new shard is too old', () =>
    stage(50, async one => {
      const { database } = one
      await asQuery(database, async scope => {
        expect(await texts(database, second, stays)).toEqual([second, stays])
        await finish(one)
        expect(await texts(database, moved, stays)).toEqual([
          expect.objectContaining({ code: 'BUCKET_MOVING' }),
          stays,
        ])
        expect(scope.hasLostSnapshot).toBe(true)
      })
      expect(await asQuery(database, () => texts(database, moved))).toEqual([moved])
    }))

  test('goes on when it has not', () =>
    stage(50, async one => {
      const { database } = one
      await asQuery(database, async scope => {
        expect(await texts(database, stays)).toEqual([stays])
        await finish(one)
        expect(await texts(database, moved, stays)).toEqual([moved, stays])
        expect(scope.hasLostSnapshot).toBe(false)
      })
    }))
})
