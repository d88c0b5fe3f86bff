import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Migration } from '@mikro-orm/migrations'
import fc from 'fast-check'
import pg from 'pg'
import type { Database } from '../database.ts'
import type { DomainModel } from '../model.ts'
import { sqlRows } from '../sql-rows.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { bucketCount, bucketOf } from './bucket-of.ts'

class CreateNotes extends Migration {
  override up(): void {
    this.addSql(`create table note (id int primary key, bucket smallint not null, text text not null)`)
    this.addSql(`select marquee.shard_table('note')`)
  }
}

const model: DomainModel = {
  domain: 'notes',
  entities: [],
  migrations: [{ name: '0001-create-notes', class: CreateNotes }],
  sharded: true,
}

let postgres: TestPostgres
let database: Database
let url = ''
beforeAll(async () => {
  postgres = await startTestPostgres()
  const config = await postgres.configFor('notes')
  const [name = ''] = Object.keys(config.databases)
  url = postgres.server.url(name)
  const { openDatabase } = await import('../open-database.ts')
  database = await openDatabase(config, model)
  await database.migrate()
})
afterAll(async () => {
  await database.close()
  await postgres.stop()
})

test('what a domain creates is not in the schema of the shards, whatever the role is called', async () => {
  expect(
    await sqlRows(
      database.fork(),
      `select current_user as role, n.nspname as schema, count(*) from pg_class c join pg_namespace n on n.oid = relnamespace
       where relname in ('note', 'migrations') and relkind = 'r' group by 1, 2`,
    ),
  ).toEqual([{ role: 'marquee', schema: 'public', count: 2 }])
  const one = new pg.Client({ connectionString: url })
  await one.connect()
  expect((await one.query('select current_schema()')).rows).toEqual([{ current_schema: 'public' }])
  await one.end()
})

describe('bucketOf', () => {
  test('of a key is what SQL says, whatever the key', async () => {
    const keys = fc.sample(
      fc.oneof(
        fc.string({ unit: 'binary' }).filter(key => !key.includes('\0')),
        fc.uuid(),
        fc.uuid().map(key => key.toUpperCase()),
      ),
      500,
    )
    const rows = await sqlRows<{ bucket: number }>(
      database.fork(),
      'select marquee.bucket_of(key) as bucket from unnest($1::text[]) with ordinality as k (key, at) order by at',
      [keys],
    )
    expect(rows.map(({ bucket }) => bucket)).toEqual(keys.map(bucketOf))
  })

  test('never changes, and does not tell the letters of a UUID apart', () => {
    expect([bucketOf(''), bucketOf('ada'), bucketOf('Ada')]).toMatchInlineSnapshot(`
[
  569,
  234,
  60,
]
`)
    const id = '018f0000-0000-7000-8000-00000000000a'
    expect(bucketOf(id.toUpperCase())).toBe(bucketOf(id))
  })

  test('uses all buckets', () => {
    const used = new Set(Array.from({ length: 20_000 }, (_, at) => bucketOf(`key ${at}`)))
    expect(used.size).toBe(bucketCount)
  })
})

describe('the fence', () => {
  const client = async (): Promise<pg.Client> => {
    const opened = new pg.Client({ connectionString: url })
    await opened.connect()
    return opened
  }
  const insert = (id: number, bucket: number): Promise<unknown> =>
    sqlRows(database.fork(), 'insert into note values ($1, $2, $3)', [id, bucket, 'x'])

  test('lets nothing through before there is a map', async () => {
    await expect(insert(1, 1)).rejects.toMatchObject({ code: 'MQ001' })
  })

  test('lets through what is here and open, and names what is not', async () => {
    await sqlRows(database.fork(), `insert into marquee.shard values (true, 's1', 1)`)
    await sqlRows(
      database.fork(),
      `insert into marquee.shard_map values (1, 's1', 'open', 1), (2, 's2', 'open', 1), (3, 's1', 'fenced', 1), (4, 's1', 'open', 1)`,
    )
    await insert(1, 1)
    await expect(insert(2, 2)).rejects.toMatchObject({
      code: 'MQ001',
      message: expect.stringContaining('bucket 2 is not open on shard s1 (it is open, on shard s2)'),
    })
    await expect(insert(3, 3)).rejects.toMatchObject({ code: 'MQ001' })
    await expect(insert(9, 9)).rejects.toMatchObject({ code: 'MQ001' })
    await expect(sqlRows(database.fork(), 'update note set bucket = 4')).rejects.toMatchObject({
      code: 'MQ001',
      message: expect.stringContaining('cannot become'),
    })
    await sqlRows(database.fork(), `update marquee.shard_map set state = 'fenced' where bucket = 1`)
    for (const sql of [`update note set text = 'y'`, 'delete from note'])
      await expect(sqlRows(database.fork(), sql)).rejects.toMatchObject({ code: 'MQ001' })
    await sqlRows(database.fork(), `update marquee.shard_map set state = 'open' where bucket = 1`)
    await sqlRows(database.fork(), `update note set text = 'y'`)
  })

  test('waits for writers in progress, and those that come later see it', async () => {
    const [writer, mover, late] = await Promise.all([client(), client(), client()])
    await writer.query('begin')
    await writer.query(`insert into note values (10, 1, 'x')`)
    let isFenced = false
    const fencing = mover
      .query(`update marquee.shard_map set state = 'fenced' where bucket = 1`)
      .then(() => (isFenced = true))
    await late.query('select pg_sleep(0.1)')
    expect(isFenced).toBe(false)
    await writer.query('commit')
    await fencing
    await expect(late.query(`insert into note values (11, 1, 'x')`)).rejects.toMatchObject({ code: 'MQ001' })
    await mover.query(`update marquee.shard_map set state = 'open' where bucket = 1`)
    await Promise.all([writer, mover, late].map(one => one.end()))
  })

  test.each(['repeatable read', 'serializable'])('stops a %s writer that began before it', async level => {
    const [writer, mover] = await Promise.all([client(), client()])
    await writer.query(`begin isolation level ${level}`)
    await writer.query('select count(*) from note')
    await mover.query(`update marquee.shard_map set state = 'fenced' where bucket = 1`)
    await expect(writer.query(`insert into note values (20, 1, 'x')`)).rejects.toMatchObject({
      code: '40001',
      where: expect.stringContaining('marquee.shard_map'),
    })
    await writer.query('rollback')
    await mover.query(`update marquee.shard_map set state = 'open' where bucket = 1`)
    await Promise.all([writer, mover].map(one => one.end()))
  })

  test('does not stop the apply worker of a replication', async () => {
    const one = await client()
    await one.query('begin; set local session_replication_role = replica')
    await one.query(`insert into note values (30, 2, 'x')`)
    await one.query('rollback')
    await one.end()
  })
})
