import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  bucketOf,
  dataConfig,
  openDatabase,
  openShardedDatabase,
  sqlRows,
  startTestPostgres,
  type DomainModel,
  type EntityManager,
  type ShardedDatabase,
  type TestPostgres,
} from '@marquee/data'
import { usersModel } from '../users-model.ts'

let postgres: TestPostgres
const opened: ShardedDatabase[] = []

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(async () => {
  await Promise.all(opened.map(database => database.close()))
  await postgres.stop()
})

/** As it was before there were shards. */
const before: DomainModel = { ...usersModel, sharded: false, migrations: usersModel.migrations.slice(0, 2) }

const [ada, bob, film, other] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]

const fill = async (em: EntityManager): Promise<void> => {
  for (const statement of [
    `insert into profile (id, handle, name, follower_count, following_count) values
       ('${ada}', 'ada', 'Ada', 0, 1), ('${bob}', 'bob', 'Bob', 1, 0)`,
    `insert into follow (follower_id, followee_id, followed_at) values ('${ada}', '${bob}', '2026-01-02')`,
    `insert into follower (follower_id, followee_id, followed_at) values ('${ada}', '${bob}', '2026-01-02')`,
    `insert into watchlist (user_id, movie_id) values ('${ada}', '${film}'), ('${bob}', '${film}'), ('${bob}', '${other}')`,
    `insert into movie_watchlist_count (movie_id, users) values ('${film}', 2), ('${other}', 1), ('${randomUUID()}', 0)`,
    `insert into view (user_id, movie_id, at) values ('${ada}', '${film}', now()), ('${bob}', '${film}', '2001-02-03')`,
  ]) {
    await sqlRows(em, statement)
  }
}

const open = async (config: Parameters<typeof openShardedDatabase>[0]): Promise<ShardedDatabase> => {
  const database = await openShardedDatabase(config, usersModel)
  opened.push(database)
  await database.migrate()
  return database
}

const rows = <Row extends object>(database: ShardedDatabase, sql: string): Promise<Row[]> =>
  sqlRows<Row>(database.shards()[0]!.fork(), sql)

describe('what was there before shards', () => {
  let database: ShardedDatabase
  let url = ''

  beforeAll(async () => {
    const config = await postgres.configFor('users')
    const old = await openDatabase(config, before)
    await old.migrate()
    await fill(old.fork())
    const [{ name } = { name: '' }] = await sqlRows<{ name: string }>(
      old.fork(),
      'select current_database() as name',
    )
    await old.close()
    url = postgres.server.url(name)
    database = await open(config)
  })

  test.each([
    ['profile', 'id', 2],
    ['follow', 'follower_id', 1],
    ['follower', 'followee_id', 1],
    ['watchlist', 'user_id', 3],
    ['view', 'user_id', 2],
  ])('%s keeps its rows, each in the bucket of its %s', async (table, owner, count) => {
    const found = await rows<{ owner: string; bucket: number }>(
      database,
      `select ${owner}::text as owner, bucket from ${table}`,
    )
    expect(found).toHaveLength(count)
    for (const row of found) expect(row.bucket).toBe(bucketOf(row.owner))
  })

  test('watchers are counted by bucket, and come to the same', async () => {
    const found = await rows<{ movie_id: string; users: number }>(
      database,
      'select movie_id, sum(users)::int as users from movie_watchlist_count group by movie_id',
    )
    expect(new Map(found.map(row => [row.movie_id, row.users]))).toEqual(
      new Map([
        [film, 2],
        [other, 1],
      ]),
    )
  })

  test('every handle is in the directory', async () => {
    expect(
      await rows(database, 'select handle, bucket, owner_id, is_pending from handle_reservation order by 1'),
    ).toEqual([
      { handle: 'ada', bucket: bucketOf('ada'), owner_id: ada, is_pending: false },
      { handle: 'bob', bucket: bucketOf('bob'), owner_id: bob, is_pending: false },
    ])
  })

  test('a shard that joins later has nothing yet: all stays where it is', async () => {
    await postgres.server.ensureDatabases(['late'])
    const grown = await open(
      dataConfig.parse({
        databases: {
          users: { shards: { one: { writer: url }, two: { writer: postgres.server.url('late') } } },
        },
      }),
    )
    expect(new Set([ada, bob].map(id => grown.map().shardOf(bucketOf(id))))).toEqual(new Set(['one']))
    const names = await grown.byShard<string>([ada, bob], async (em, ids) => {
      const found = await sqlRows<{ id: string; name: string }>(em, 'select id, name from profile')
      return ids.map(id => found.find(row => row.id === id)?.name ?? '')
    })
    expect(names).toEqual(['Ada', 'Bob'])
  })
})

describe('the tables of a shard', () => {
  let database: ShardedDatabase
  const id = randomUUID()
  const bucket = bucketOf(id)

  beforeAll(async () => {
    database = await open(await postgres.configFor('users'))
  })

  test('all but the migrations have the fence, partitions too', async () => {
    const bare = await rows<{ name: string }>(
      database,
      `select relname as name from pg_class c
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not exists (
         select from pg_trigger where tgrelid = c.oid and tgfoid = 'marquee.fence'::regproc)`,
    )
    expect(bare).toEqual([{ name: 'migrations' }])
  })

  test('a wrong bucket is refused', async () => {
    const wrong = (bucket + 1) % 1024
    const refused = (sql: string, to = wrong) =>
      expect(database.transaction(id, em => sqlRows(em, sql, [id, to]))).rejects.toThrow(/violates/)
    await refused(`insert into profile (id, bucket, handle, name) values ($1, $2, 'wrong', 'W')`)
    await refused(
      `insert into handle_reservation (owner_id, bucket, handle) values ($1, $2, 'wrong')`,
      (bucketOf('wrong') + 1) % 1024,
    )
    await database.transaction(id, em =>
      sqlRows(em, `insert into profile (id, bucket, handle, name) values ($1, $2, 'right', 'R')`, [
        id,
        bucket,
      ]),
    )
    await refused('insert into watchlist (user_id, bucket, movie_id) values ($1, $2, $1)')
    await refused('insert into view (user_id, bucket, movie_id, at) values ($1, $2, $1, now())')
  })

  test('rows can be published by bucket, and still be changed', async () => {
    const tables = [
      'profile',
      'follow',
      'follower',
      'watchlist',
      'movie_watchlist_count',
      'view',
      'handle_reservation',
      'follow_task',
    ]
    const filtered = tables.map(table => `${table} where (bucket in (1, 2))`)
    await rows(
      database,
      `create publication moved for table ${filtered.join(', ')} with (publish_via_partition_root)`,
    )
    // Without the bucket in the replica identity, PostgreSQL refuses any update and delete now.
    for (const table of tables) {
      await database.transaction(id, async em => {
        await sqlRows(em, `update ${table} set bucket = bucket`)
        await sqlRows(em, `delete from ${table} where bucket = 3`)
      })
    }
    await rows(database, 'drop publication moved')
  })
})
