import { setTimeout as after } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DataConfig } from '../config.ts'
import { sqlRows } from '../sql-rows.ts'
import { moveByHand } from '../testing/move-by-hand.ts'
import { Note, noteModel } from '../testing/note-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { bucketCount, bucketOf } from './bucket-of.ts'
import { openShardedDatabase } from './open-sharded-database.ts'
import type { ShardedDatabase } from './sharded-database.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

/** An owner whose bucket is the shard's, s1 having the first half. */
const ownerOn = (database: ShardedDatabase, shard: string, skip = 0): string => {
  const owners = Array.from({ length: 200 }, (_, at) => `owner ${at}`)
  const found = owners.filter(owner => database.map().shardOf(bucketOf(owner)) === shard)[skip]
  if (found === undefined) throw new Error('none')
  return found
}

let nextId = 0
const write = (database: ShardedDatabase, owner: string, text: string): Promise<unknown> =>
  database.transaction(owner, em => {
    nextId += 1
    return sqlRows(em, 'insert into note values ($1, $2, $3, $4)', [nextId, bucketOf(owner), owner, text])
  })

const textsIn = async (em: EntityManager, owners: readonly string[]): Promise<string[]> => {
  const rows = await sqlRows<{ texts: string }>(
    em,
    `select coalesce(string_agg(n.text, ',' order by n.id), '') as texts
     from unnest($1::text[]) with ordinality as o (owner, at) left join note n on n.owner = o.owner
     group by o.at order by o.at`,
    [owners],
  )
  return rows.map(({ texts }) => texts)
}

const texts = (database: ShardedDatabase, ...owners: string[]): Promise<readonly (string | Error)[]> =>
  database.byShard<string>(owners, textsIn)

const open = async (
  shards: readonly string[],
  overrides: Partial<DataConfig> = {},
): Promise<
  Readonly<{ config: DataConfig; database: ShardedDatabase; other: () => Promise<ShardedDatabase> }>
> => {
  const config = await postgres.shardedConfigFor('notes', shards, overrides)
  const database = await openShardedDatabase(config, noteModel)
  await database.migrate()
  return { config, database, other: () => openShardedDatabase(config, noteModel) }
}

describe('a ShardedDatabase', () => {
  test('spreads the buckets evenly at first, writes and reads by owner', async () => {
    const database = await postgres.sharded(noteModel, ['s1', 's2', 's3'])
    const sizes = ['s1', 's2', 's3'].map(shard => database.map().bucketsOf(shard).length)
    expect(sizes).toEqual([342, 341, 341])
    expect(database.map().shardOf(0)).toBe('s1')
    expect(database.map().shardOf(bucketCount - 1)).toBe('s3')
    const owners = ['s1', 's2', 's3'].map(shard => ownerOn(database, shard))
    for (const owner of owners) await write(database, owner, `of ${owner}`)
    const statements: string[] = []
    database.onStatement(({ sql }) => statements.push(sql))
    const mixed = [...owners, 'nobody', ...owners]
    expect(await texts(database, ...mixed)).toEqual(mixed.map(one => (one === 'nobody' ? '' : `of ${one}`)))
    expect(statements).toHaveLength(3)
    const { answers, failures } = await database.scatter(async (em, shard, buckets) => {
      const notes = await em.find(Note, { bucket: { $in: [...buckets] } })
      return [shard, notes.map(({ owner }) => owner)] as const
    })
    expect(failures).toEqual([])
    expect(Object.fromEntries(answers)).toEqual(
      Object.fromEntries(owners.map((owner, at) => [`s${at + 1}`, [owner]])),
    )
  })

  test('of a database that is not sharded is one shard, of its own name', async () => {
    const database = await postgres.sharded(noteModel)
    const [shard] = database.shards()
    expect(database.map().bucketsOf(shard?.name ?? '')).toHaveLength(bucketCount)
    await write(database, 'a', 'x')
    await write(database, 'b', 'y')
    const statements: string[] = []
    database.onStatement(({ sql }) => statements.push(sql))
    expect(await texts(database, 'b', 'a')).toEqual(['y', 'x'])
    expect(statements).toHaveLength(1)
    expect(await database.health()).toMatchObject({ ok: true })
  })

  test('keeps work on two shards apart, also in one another', async () => {
    const { database } = await open(['s1', 's2'])
    const [here, there] = [ownerOn(database, 's1'), ownerOn(database, 's2')]
    const nameOf = async (em: EntityManager): Promise<unknown> =>
      (await sqlRows<{ name: string }>(em, 'select name from marquee.shard'))[0]?.name
    const names = await database.transaction(here, async outer => [
      await nameOf(outer),
      await database.transaction(there, async inner => {
        inner.create(Note, { id: 880, bucket: bucketOf(there), owner: there, text: 'inner' })
        return nameOf(inner)
      }),
      await database.byShard([here, there], async (em, owners) => {
        const name = String(await nameOf(em))
        return owners.map(() => name)
      }),
      await nameOf(outer),
    ])
    expect(names).toEqual(['s1', 's2', ['s1', 's2'], 's1'])
    expect(await texts(database, there)).toEqual(['inner'])
    await database.close()
  })

  test('keeps all or nothing of a transaction, and refuses what belongs to another shard', async () => {
    const { database } = await open(['s1', 's2'])
    const [here, there] = [ownerOn(database, 's1'), ownerOn(database, 's2')]
    await expect(
      database.transaction(here, async em => {
        await sqlRows(em, `insert into note values (900, $1, $2, 'x')`, [bucketOf(here), here])
        await sqlRows(em, `insert into note values (901, $1, $2, 'x')`, [bucketOf(there), there])
      }),
    ).rejects.toMatchObject({ code: 'MQ001', message: expect.stringContaining('on shard s2') })
    expect(await texts(database, here, there)).toEqual(['', ''])
    await database.close()
  })
})

describe('while a bucket is moved', () => {
  test.each(['read committed', 'repeatable read', 'serializable'])(
    'a %s write waits for the fence, and lands on the new shard',
    async level => {
      const { config, database } = await open(['s1', 's2'])
      const owner = ownerOn(database, 's1')
      const move = moveByHand(config, 's1', 's2', bucketOf(owner))
      await write(database, owner, 'before')
      let tries = 0
      const began = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const writing = database.transaction(owner, async em => {
        tries += 1
        await sqlRows(em, `set transaction isolation level ${level}`)
        await sqlRows(em, 'select count(*) from note')
        began.resolve()
        await goOn.promise
        await sqlRows(em, `insert into note values (950, $1, $2, 'during')`, [bucketOf(owner), owner])
      })
      await began.promise
      await move.fence()
      goOn.resolve()
      await after(150)
      await move.flip()
      await writing
      expect(tries).toBeGreaterThan(1)
      expect(database.map().version).toBe(2)
      expect(await texts(database, owner)).toEqual(['before,during'])
      await move.deleteRows()
      expect(await texts(database, owner)).toEqual(['before,during'])
      await database.close()
    },
  )

  test('a write that waits in vain says so, and changes nothing', async () => {
    const { config, database } = await open(['s1', 's2'], {
      shards: { refreshMs: 500, fenceWaitMs: 100, scatterConcurrency: 8 },
    })
    const owner = ownerOn(database, 's1')
    await moveByHand(config, 's1', 's2', bucketOf(owner)).fence()
    const startedAt = performance.now()
    await expect(write(database, owner, 'x')).rejects.toMatchObject({ code: 'BUCKET_MOVING' })
    expect(performance.now() - startedAt).toBeLessThan(600)
    await write(database, ownerOn(database, 's1', 1), 'y')
    expect(await texts(database, owner)).toEqual([''])
    await database.close()
  })
})
