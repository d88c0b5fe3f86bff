import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Migration } from '@mikro-orm/migrations'
import { dataConfig, type DataConfig } from '../config.ts'
import { backendsIn, signal } from '../embedded/processes.ts'
import { writeState } from '../embedded/server-state.ts'
import { startPostgres, type PostgresServer } from '../embedded/start-postgres.ts'
import { sqlRows } from '../sql-rows.ts'
import { copyTemplate, testPassword } from '../testing/cluster-template.ts'
import { noteModel } from '../testing/note-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { bucketOf } from './bucket-of.ts'
import { openShardedDatabase } from './open-sharded-database.ts'
import type { ShardedDatabase } from './sharded-database.ts'

let sound: TestPostgres
let folder = ''
let frail: PostgresServer
const startFrail = async (): Promise<void> => {
  frail = await startPostgres({ folder, durable: false, createCluster: copyTemplate })
  await frail.ensureDatabases(['notes'])
}
beforeAll(async () => {
  sound = await startTestPostgres()
  folder = mkdtempSync(join(tmpdir(), 'marquee-test-pg-'))
  await writeState(folder, { port: 0, password: testPassword })
  await startFrail()
  await sound.server.ensureDatabases(['notes', 'empty'])
  const database = await openShardedDatabase(config(), noteModel)
  await database.migrate()
  await Promise.all([here, there].map(owner => write(database, owner, owner)))
  await database.close()
}, 30_000)
afterAll(async () => {
  await frail.stop()
  await sound.stop()
  await rm(folder, { recursive: true, force: true })
})

const holdMs = 400
const config = (more: object = {}): DataConfig =>
  dataConfig.parse({
    databases: {
      notes: { shards: { s1: { writer: sound.server.url('notes') }, s2: { writer: frail.url('notes') } } },
    },
    routing: { holdMs },
    shards: { refreshMs: 100 },
    statementTimeoutMs: 1000,
    connectTimeoutMs: 1000,
    ...more,
  })

const owners = Array.from({ length: 50 }, (_, at) => `owner ${at}`)
const here = owners.find(owner => bucketOf(owner) < 512) ?? ''
const there = owners.find(owner => bucketOf(owner) >= 512) ?? ''

let nextId = 0
const write = (database: ShardedDatabase, owner: string, text: string): Promise<unknown> =>
  database.transaction(owner, em => {
    nextId += 1
    return sqlRows(em, 'insert into note values ($1, $2, $3, $4)', [nextId, bucketOf(owner), owner, text])
  })
const texts = (database: ShardedDatabase): Promise<readonly (string | Error)[]> =>
  database.byShard<string>([there, here], async (em, asked) => {
    const rows = await sqlRows<{ text: string }>(em, 'select text from note where owner = any($1)', [asked])
    return asked.map(() => rows[0]?.text ?? '')
  })
const count = (database: ShardedDatabase) =>
  database.scatter(async (em, _shard, buckets) => {
    const sql = 'select count(*)::int as n from note where bucket = any($1)'
    return (await sqlRows<{ n: number }>(em, sql, [buckets]))[0]?.n ?? 0
  })

const withDatabase = async (
  work: (database: ShardedDatabase) => Promise<void>,
  more: object = {},
  model = noteModel,
): Promise<void> => {
  const database = await openShardedDatabase(config(more), model)
  try {
    await database.migrate()
    await work(database)
  } finally {
    await database.close()
  }
}

const timed = async <T>(work: Promise<T>): Promise<readonly [T, number]> => {
  const startedAt = performance.now()
  return [await work, performance.now() - startedAt]
}

const expectPart = async (database: ShardedDatabase): Promise<void> => {
  const dead = expect.objectContaining({
    code: 'SHARD_UNAVAILABLE',
    message: expect.stringContaining('The shard "s2" of the database "notes" cannot be reached'),
  })
  expect(await texts(database)).toEqual([dead, here])
  await expect(write(database, there, 'x')).rejects.toEqual(dead)
  expect(await count(database)).toEqual({ answers: [expect.any(Number)], failures: [dead] })
  expect(await database.health()).toMatchObject({ ok: true, detail: expect.stringMatching(/^s2: /) })
}

describe('a shard that is gone', () => {
  test('costs its own keys only, not for long, and comes back by itself', () =>
    withDatabase(async database => {
      expect(await texts(database)).toEqual([there, here])
      await frail.stop()
      const [first, firstMs] = await timed(texts(database))
      expect(first[1]).toBe(here)
      expect(first[0]).toMatchObject({ code: 'SHARD_UNAVAILABLE' })
      expect(firstMs).toBeLessThan(3 * holdMs + 1000)
      await after(holdMs + 300)
      const [, laterMs] = await timed(texts(database))
      expect(laterMs).toBeLessThan(150)
      await expectPart(database)
      await startFrail()
      await after(400)
      expect(await texts(database)).toEqual([there, here])
      await write(database, there, 'more')
      expect(await count(database)).toMatchObject({ failures: [] })
    }))

  test('that hangs is one that is gone', () =>
    withDatabase(async database => {
      signal(frail.pid, 'SIGSTOP')
      for (const child of await backendsIn(join(folder, 'data'))) signal(child, 'SIGSTOP')
      try {
        const [answer, tookMs] = await timed(texts(database))
        expect(answer).toEqual([expect.objectContaining({ code: 'SHARD_UNAVAILABLE' }), here])
        expect(tookMs).toBeLessThan(6000)
        const [, laterMs] = await timed(texts(database))
        expect(laterMs).toBeLessThan(2500)
      } finally {
        for (const child of await backendsIn(join(folder, 'data'))) signal(child, 'SIGCONT')
        signal(frail.pid, 'SIGCONT')
      }
      await after(500)
      expect(await texts(database)).toEqual([there, here])
    }))

  test('does not keep a process from starting; it is migrated when it comes back', async () => {
    class AddMood extends Migration {
      override up(): void {
        this.addSql(`alter table note add column mood text not null default 'good'`)
      }
    }
    const model = {
      ...noteModel,
      migrations: [...noteModel.migrations, { name: '0002-mood', class: AddMood }],
    }
    await frail.stop()
    await withDatabase(
      async database => {
        await expectPart(database)
        await startFrail()
        await after(600)
        const moods = await database.byShard([there, here], async (em, asked) => {
          const rows = await sqlRows<{ mood: string }>(em, 'select mood from note where owner = any($1)', [
            asked,
          ])
          return asked.map(() => rows[0]?.mood ?? '')
        })
        expect(moods).toEqual(['good', 'good'])
      },
      {},
      model,
    )
  })

  test('of all of them leaves nothing to open', async () => {
    const nowhere = {
      shards: {
        s1: { writer: 'postgres://x:y@127.0.0.1:1/a' },
        s2: { writer: 'postgres://x:y@127.0.0.1:1/b' },
      },
    }
    await expect(
      openShardedDatabase(config({ databases: { notes: nowhere } }), noteModel),
    ).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
  })

  test('and another server in its place is noticed while it runs', () =>
    withDatabase(async database => {
      const client = database.shards()[1]
      await client?.transaction(em => sqlRows(em, `update marquee.shard set name = 's9'`))
      await after(400)
      expect(await texts(database)).toEqual([expect.objectContaining({ code: 'TOPOLOGY_WRONG' }), here])
      await client?.transaction(em => sqlRows(em, `update marquee.shard set name = 's2'`))
      await after(400)
      expect(await texts(database)).toEqual([there, here])
    }))
})
