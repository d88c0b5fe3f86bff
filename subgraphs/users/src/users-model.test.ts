import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sqlRows, startTestPostgres, type Database, type TestPostgres } from '@marquee/data'
import { FollowEntity, FollowerEntity } from './entities/follow.ts'
import { ProfileEntity } from './entities/profile.ts'
import { ViewEntity } from './entities/view.ts'
import { MovieWatchlistCountEntity, WatchlistEntity } from './entities/watchlist.ts'
import { usersModel } from './users-model.ts'

let postgres: TestPostgres
let database: Database

beforeAll(async () => {
  postgres = await startTestPostgres()
  database = await postgres.database(usersModel)
})
afterAll(() => postgres.stop())

test('entities and tables agree: what one writes the other reads', async () => {
  const [id, other, movieId] = [randomUUID(), randomUUID(), randomUUID()]
  const at = new Date('2026-11-24T20:15:00.123Z')
  const profile = {
    id,
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
    [FollowEntity, { followerId: id, followeeId: other, followedAt: at }],
    [FollowerEntity, { followerId: other, followeeId: id, followedAt: at }],
    [WatchlistEntity, { userId: id, movieId, addedAt: at }],
    [MovieWatchlistCountEntity, { movieId, users: 1 }],
    [ViewEntity, { userId: id, id: randomUUID(), movieId, at }],
  ] as const
  expect(rows.map(([entity]) => entity)).toEqual(usersModel.entities)
  await database.transaction(async em => {
    for (const [entity, row] of rows) await em.insert(entity as typeof ProfileEntity, row as never)
  })
  for (const [entity, row] of rows) {
    const [found] = await database.fork().find(entity as typeof ProfileEntity, {})
    expect({ ...found }).toEqual(row)
  }
})

test('the owner leads every index of rows that belong to a user, so that they can be spread by owner', async () => {
  const leading = await sqlRows<{ table: string; index: string; leads: string }>(
    database.fork(),
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
