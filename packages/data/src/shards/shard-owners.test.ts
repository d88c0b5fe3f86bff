import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { withClient } from '../with-client.ts'
import { readShardOwners } from './shard-owners.ts'

let postgres: TestPostgres
const writers = () => ({ s1: postgres.server.url('one'), s2: postgres.server.url('two') })
const run = (database: string, sql: string): Promise<unknown> =>
  withClient(postgres.server.url(database), client => client.query(sql))

const keepMap = (name: string, version: number, owners: string): string => `
  insert into marquee.shard (name, map_version) values ('${name}', ${version})
    on conflict ("only") do update set map_version = excluded.map_version;
  insert into marquee.shard_map (bucket, shard, version) select bucket, ${owners}, ${version} from generate_series(0, 9) bucket
    on conflict (bucket) do update set shard = excluded.shard, version = excluded.version, state = 'open'`

beforeAll(async () => {
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['one', 'two'])
})
afterAll(() => postgres.stop())

test('there is nothing to say before there is a map', async () => {
  expect(await readShardOwners(writers())).toBeUndefined()
  for (const name of ['one', 'two']) {
    await run(
      name,
      `create schema marquee;
      create table marquee.shard ("only" boolean primary key default true, name text not null, map_version bigint not null);
      create table marquee.shard_map (bucket smallint primary key, shard text not null, state text not null default 'open',
        version bigint not null)`,
    )
  }
  expect(await readShardOwners(writers())).toBeUndefined()
})

test('of each bucket the newest copy counts; who has none is no obstacle, and who never had any is told', async () => {
  await run('one', keepMap('s1', 9, `case when bucket < 7 then 's1' else 's2' end`))
  expect(await readShardOwners({ ...writers(), s3: postgres.server.url('postgres') })).toMatchObject({
    version: 9,
    blank: ['s3'],
  })
  expect(await readShardOwners(writers())).toEqual({
    version: 9,
    buckets: { s1: 7, s2: 3 },
    isMoving: false,
    blank: [],
  })
  await run('two', keepMap('s2', 10, `'s2'`))
  expect(await readShardOwners(writers())).toEqual({
    version: 10,
    buckets: { s2: 10 },
    isMoving: false,
    blank: [],
  })
})

test.each([
  [
    'a fence',
    `update marquee.shard_map set state = 'fenced' where bucket = 3`,
    `update marquee.shard_map set state = 'open'`,
  ],
  [
    'a move that has not come to its end',
    `create table marquee.shard_move (step text); insert into marquee.shard_move values ('flipped')`,
    `update marquee.shard_move set step = 'done'`,
  ],
  [
    'a subscription',
    `create subscription moving connection 'dbname=none' publication moved with (connect = false)`,
    `alter subscription moving set (slot_name = none); drop subscription moving`,
  ],
])('buckets are moving: %s on any of them', async (_what, begin, end) => {
  await run('one', begin)
  expect(await readShardOwners(writers())).toMatchObject({ version: 10, isMoving: true })
  await run('one', end)
  expect(await readShardOwners(writers())).toMatchObject({ version: 10, isMoving: false })
})

test('a server that does not answer leaves it open', async () => {
  await expect(
    readShardOwners({ ...writers(), s3: 'postgres://marquee:x@127.0.0.1:1/two' }),
  ).rejects.toThrow()
})
