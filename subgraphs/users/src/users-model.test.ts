import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  bucketOf,
  openShardedDatabase,
  sqlRows,
  startTestPostgres,
  type EntityManager,
  type ShardedDatabase,
  type TestPostgres,
} from '@marquee/data'
import { FollowEntity, FollowerEntity, FollowTaskEntity } from './entities/follow.ts'
import { HandleReservationEntity } from './entities/handle-reservation.ts'
import { ProfileEntity } from './entities/profile.ts'
import { ViewEntity } from './entities/view.ts'
import { MovieWatchlistCountEntity, WatchlistEntity } from './entities/watchlist.ts'
import { usersModel } from './users-model.ts'

let postgres: TestPostgres
let database: ShardedDatabase

beforeAll(async () => {
  postgres = await startTestPostgres()
  database = await openShardedDatabase(await postgres.configFor('users'), usersModel)
  await database.migrate()
})
afterAll(async () => {
  await database.close()
  await postgres.stop()
})

const fork = (): EntityManager => database.shards()[0]!.fork()

test('entities and tables agree: what one writes the other reads', async () => {
  const [id, other, movieId] = [randomUUID(), randomUUID(), randomUUID()]
  const at = new Date('2026-11-24T20:15:00.123Z')
  const bucket = bucketOf(id)
  const profile = {
    id,
    bucket,
    handle: 'ada',
    name: 'Ada',
    bio: null,
    favouriteGenres: ['Drama', 'Sci-Fi, odd "name"'],
    followerCount: 0,
    followingCount: 1,
    createdAt: at,
  }
  const rows = [
    [ProfileEntity, profile],
    [FollowEntity, { followerId: id, bucket, followeeId: other, followedAt: at }],
    [FollowerEntity, { followerId: other, bucket, followeeId: id, followedAt: at }],
    [WatchlistEntity, { userId: id, bucket, movieId, addedAt: at }],
    [MovieWatchlistCountEntity, { movieId, bucket, users: 1 }],
    [ViewEntity, { userId: id, bucket, id: randomUUID(), movieId, at }],
    [
      HandleReservationEntity,
      { handle: 'ada', bucket: bucketOf('ada'), ownerId: id, claim: randomUUID(), isPending: false, at },
    ],
    [FollowTaskEntity, { followerId: id, bucket, followeeId: other, claim: randomUUID(), at }],
  ] as const
  expect(rows.map(([entity]) => entity)).toEqual(usersModel.entities)
  await database.transaction(id, async em => {
    for (const [entity, row] of rows) await em.insert(entity as typeof ProfileEntity, row as never)
  })
  for (const [entity, row] of rows) {
    const [found] = await fork().find(entity as typeof ProfileEntity, {})
    expect({ ...found }).toEqual(row)
  }
})

test('the owner leads every index of rows that belong to a user, so that they can be spread by owner', async () => {
  const leading = await sqlRows<{ table: string; index: string; leads: string }>(
    fork(),
    `select t.relname as table, i.relname as index, a.attname as leads
     from pg_index x
       join pg_class t on t.oid = x.indrelid
       join pg_class i on i.oid = x.indexrelid
       join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
     where t.relname = any($1::text[])`,
    [['follow', 'follower', 'watchlist', 'view']],
  )
  const owners: Record<string, string> = {
    follow: 'follower_id',
    follower: 'followee_id',
    watchlist: 'user_id',
    view: 'user_id',
  }
  expect(leading).toHaveLength(8)
  for (const { table, leads } of leading) expect({ table, leads }).toEqual({ table, leads: owners[table] })
})

test('migrating again changes nothing', async () => {
  expect(await database.migrate()).toEqual([])
})

type PlanNode = Readonly<{ 'Relation Name'?: string; 'Actual Loops'?: number; Plans?: readonly PlanNode[] }>

/** The tables that a plan really read. */
const tablesRead = (node: PlanNode): readonly string[] => [
  ...(node['Relation Name'] === undefined || node['Actual Loops'] === 0 ? [] : [node['Relation Name']]),
  ...(node.Plans ?? []).flatMap(tablesRead),
]

test('the newest page of a history reads the newest months and no others', async () => {
  const id = randomUUID()
  const bucket = bucketOf(id)
  await sqlRows(fork(), "insert into profile (id, bucket, handle, name) values ($1, $2, 'viewer', 'V')", [
    id,
    bucket,
  ])
  await sqlRows(
    fork(),
    `insert into view (user_id, bucket, at, movie_id)
     select $1::uuid, $2::smallint, now() - n * interval '3 hours', gen_random_uuid() from generate_series(1, 4000) n
     union all select $1, $2, now() - n * interval '1 millisecond', gen_random_uuid() from generate_series(1, 50) n`,
    [id, bucket],
  )
  await sqlRows(fork(), 'analyze view')
  const read = async (where: string): Promise<readonly string[]> => {
    const [row] = await sqlRows<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      fork(),
      `explain (analyze, format json)
       select id from view where user_id = '${id}' and ${where} order by at desc, id desc limit 21`,
    )
    return tablesRead(row!['QUERY PLAN'][0].Plan)
  }
  const [{ month } = { month: '' }] = await sqlRows<{ month: string }>(
    fork(),
    `select 'view_' || to_char(now() at time zone 'UTC', 'YYYY_MM') as month`,
  )
  // Months to come are empty, and come first.
  expect((await read('true')).at(-1)).toBe(month)
  expect(await read('true')).not.toContain('view_before')
  expect(await read("at < now() - interval '3 months'")).toEqual(['view_before'])
})
