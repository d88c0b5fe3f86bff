import { Migration } from '@mikro-orm/migrations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DataConfig } from '../config.ts'
import type { DomainModel } from '../model.ts'
import { sqlRows } from '../sql-rows.ts'
import { moveByHand } from '../testing/move-by-hand.ts'
import { noteModel } from '../testing/note-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import type { ReplicaSetPlace } from '../topology-config.ts'
import { bucketCount, bucketOf } from './bucket-of.ts'
import { openShardedDatabase } from './open-sharded-database.ts'
import type { ShardedDatabase } from './sharded-database.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

type Places = Readonly<Record<string, ReplicaSetPlace>>

const placesOf = (config: DataConfig): Places => {
  const [place] = Object.values(config.databases)
  return place !== undefined && 'shards' in place ? place.shards : {}
}

/** The same config with other places for its one database. */
const at = (config: DataConfig, place: ReplicaSetPlace | Readonly<{ shards: Places }>): DataConfig => ({
  ...config,
  databases: Object.fromEntries(Object.keys(config.databases).map(name => [name, place])),
})

const start = async (
  config: DataConfig,
  work: (database: ShardedDatabase) => unknown = () => undefined,
  model: DomainModel = noteModel,
): Promise<readonly string[]> => {
  const database = await openShardedDatabase(config, model)
  try {
    const applied = await database.migrate()
    await work(database)
    return applied
  } finally {
    await database.close()
  }
}

const sizes = (database: ShardedDatabase): readonly number[] =>
  database.shards().map(({ name }) => database.map().bucketsOf(name).length)

const write = (database: ShardedDatabase, id: number, owner: string): Promise<unknown> =>
  database.transaction(owner, em =>
    sqlRows(em, `insert into note values ($1, $2, $3, 'x')`, [id, bucketOf(owner), owner]),
  )

const notes = (database: ShardedDatabase, owner: string): Promise<readonly (number | Error)[]> =>
  database.byShard([owner], async (em, owners) => {
    const rows = await sqlRows(em, 'select 1 from note where owner = any($1)', [owners])
    return owners.map(() => rows.length)
  })

describe('the first start', () => {
  test('by many at once makes one map', async () => {
    const config = await postgres.shardedConfigFor('notes', ['s1', 's2'])
    const applied = await Promise.all(
      Array.from({ length: 4 }, () =>
        start(config, database => {
          expect(sizes(database)).toEqual([512, 512])
          expect(database.map().version).toBe(1)
        }),
      ),
    )
    expect(applied.flat().toSorted()).toEqual(
      ['s1', 's2'].flatMap(shard => [`${shard}: 0001-create-notes`, `${shard}: marquee-0001-shards`]),
    )
    expect(await start(config)).toEqual([])
  })

  // As a domain is that had its rows before it could be sharded: they are given buckets, then the fence.
  class GiveRows extends Migration {
    override up(): void {
      this.addSql(`insert into note select n, marquee.bucket_of('owner ' || n), 'owner ' || n, 'x'
        from generate_series(1, 100) n where current_database() like '%_s2'`)
    }
  }
  const [createNotes] = noteModel.migrations
  class NoFence extends Migration {
    override up(): void {
      this.addSql('alter table note disable trigger marquee_fence')
    }
  }
  class Fence extends Migration {
    override up(): void {
      this.addSql('alter table note enable trigger marquee_fence')
    }
  }
  const withRows: DomainModel = {
    ...noteModel,
    migrations: [
      ...(createNotes === undefined ? [] : [createNotes]),
      { name: '0002', class: NoFence },
      { name: '0003', class: GiveRows },
      { name: '0004', class: Fence },
    ],
  }

  test('leaves the rows where they are', async () => {
    const config = await postgres.shardedConfigFor('notes', ['s1', 's2'])
    await start(
      config,
      async database => {
        expect(sizes(database)).toEqual([0, bucketCount])
        expect(await notes(database, 'owner 7')).toEqual([1])
        await write(database, 1000, 'owner 7')
      },
      withRows,
    )
  })

  test('does not guess when several have rows', async () => {
    const config = await postgres.shardedConfigFor(
      'notes',
      ['s1_s2', 's2_s2'].map(name => name.replace('_', '-')),
    )
    // Both names end in s2, so both get rows.
    const everywhere: DomainModel = {
      ...withRows,
      migrations: withRows.migrations.map(entry =>
        entry.name === '0003'
          ? {
              name: '0003',
              class: class extends Migration {
                override up(): void {
                  this.addSql(`insert into note values (1, 1, 'x', 'x')`)
                }
              },
            }
          : entry,
      ),
    }
    await expect(start(config, undefined, everywhere)).rejects.toMatchObject({
      code: 'TOPOLOGY_WRONG',
      message: expect.stringContaining('have rows, but no shard has a map'),
    })
  })

  test('waits for no shard, but begins with none missing', async () => {
    const config = await postgres.shardedConfigFor('notes', ['s1', 's2'])
    const places = placesOf(config)
    const away = { writer: 'postgres://x:y@127.0.0.1:1/notes', readers: [] }
    const partly = at({ ...config, connectTimeoutMs: 300 }, { shards: { ...places, s3: away } })
    await expect(start(partly)).rejects.toMatchObject({
      code: 'SHARD_UNAVAILABLE',
      message: expect.stringContaining('"s3"'),
    })
    await start(config, database => expect(sizes(database)).toEqual([512, 512]))
    await start(partly, database => expect(sizes(database)).toEqual([512, 512, 0]))
  })
})

describe('a later start', () => {
  test('of a shard more gives it the map and nothing else', async () => {
    const config = await postgres.shardedConfigFor('notes', ['s1', 's2', 's3'])
    const { s1, s2, s3 } = placesOf(config)
    if (s1 === undefined || s2 === undefined || s3 === undefined) throw new Error('none')
    await start(at(config, { shards: { s1, s2 } }), database => write(database, 1, 'a'))
    await start(at(config, { shards: { s3, s1, s2 } }), async database => {
      expect(sizes(database)).toEqual([0, 512, 512])
      expect(await notes(database, 'a')).toEqual([1])
      const [late] = database.shards()
      expect(
        await sqlRows((late ?? database.shards()[0])!.fork(), 'select name, map_version from marquee.shard'),
      ).toEqual([{ name: 's3', map_version: 1 }])
    })
  })

  test('refuses swapped addresses, one database under two names, and a shard that is missing', async () => {
    const config = await postgres.shardedConfigFor('notes', ['s1', 's2'])
    const { s1, s2 } = placesOf(config)
    if (s1 === undefined || s2 === undefined) throw new Error('none')
    await expect(start(at(config, { shards: { s1, s2: s1 } }))).rejects.toMatchObject({
      code: 'TOPOLOGY_WRONG',
      message: expect.stringContaining('"s1" and "s2" are one database'),
    })
    await start(config)
    for (const shards of [{ s1: s2, s2: s1 }, { s1, s2: s1 }, { s2: s1 }]) {
      await expect(start(at(config, { shards }))).rejects.toMatchObject({
        code: 'TOPOLOGY_WRONG',
        message: expect.stringMatching(/what should be the shard "s\d" says that it is "s\d"/),
      })
    }
    await expect(start(at(config, { shards: { s1 } }))).rejects.toMatchObject({
      code: 'SHARD_UNKNOWN',
      message: expect.stringContaining('512 buckets to the shard "s2"'),
    })
    await expect(start(at(config, s1))).rejects.toMatchObject({ code: 'SHARD_UNKNOWN' })
  })

  test('makes one shard of a database that was not sharded, and back again', async () => {
    const config = await postgres.shardedConfigFor('notes', ['s1', 's2'])
    const { s1, s2 } = placesOf(config)
    if (s1 === undefined || s2 === undefined) throw new Error('none')
    const alone = at(config, s1)
    await start(alone, database => write(database, 1, 'a'))
    const old = await openShardedDatabase(alone, noteModel)
    await start(config, async database => {
      expect(sizes(database)).toEqual([bucketCount, 0])
      await write(database, 2, 'a')
      expect(await notes(database, 'a')).toEqual([2])
    })
    // A process that still runs with the old configuration goes on, and says so once it cannot.
    expect(await notes(old, 'a')).toEqual([2])
    await write(old, 3, 'a')
    const move = moveByHand(config, 's1', 's2', bucketOf('a'))
    await move.fence()
    await move.flip()
    await expect(write(old, 4, 'a')).rejects.toMatchObject({ code: 'SHARD_UNKNOWN' })
    expect(await notes(old, 'a')).toMatchObject([{ code: 'SHARD_UNKNOWN' }])
    await old.close()
    const back = moveByHand(config, 's2', 's1', bucketOf('a'))
    await move.deleteRows()
    await back.fence()
    await back.flip()
    await start(alone, async database => expect(await notes(database, 'a')).toEqual([3]))
  })
})

test('a migration that fails on one shard leaves the others migrated, says so, and is taken up again', async () => {
  class Broken extends Migration {
    override up(): void {
      this.addSql(
        `select 1 / (select count(*) from pg_database where datname = current_database() and datname not like '%_s2')`,
      )
    }
  }
  const broken: DomainModel = {
    ...noteModel,
    migrations: [...noteModel.migrations, { name: '0002-broken', class: Broken }],
  }
  const config = await postgres.shardedConfigFor('notes', ['s1', 's2', 's3'])
  await start(config)
  await expect(start(config, undefined, broken)).rejects.toMatchObject({
    code: 'SHARD_MIGRATION_FAILED',
    message: expect.stringMatching(/The shard "s2" .* division by zero.* Migrated: s1, s3\./),
  })
  class Mended extends Migration {
    override up(): void {
      this.addSql('select 1')
    }
  }
  const mended = { ...broken, migrations: [...noteModel.migrations, { name: '0002-broken', class: Mended }] }
  expect(await start(config, undefined, mended)).toEqual(['s2: 0002-broken'])
})
