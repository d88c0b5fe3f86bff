import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { dataConfig } from './config.ts'
import { signal } from './embedded/processes.ts'
import { writeState } from './embedded/server-state.ts'
import { startPostgres, type PostgresServer } from './embedded/start-postgres.ts'
import { openDatabase } from './open-database.ts'
import { sqlRows } from './sql-rows.ts'
import { copyTemplate, testPassword } from './testing/cluster-template.ts'
import { Film, filmModel } from './testing/film-model.ts'

const withServer = async (work: (start: () => Promise<PostgresServer>) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'marquee-test-pg-'))
  await writeState(folder, { port: 0, password: testPassword })
  let server: PostgresServer | undefined
  try {
    await work(async () => {
      server = await startPostgres({ folder, durable: false, createCluster: copyTemplate })
      await server.ensureDatabases(['films'])
      return server
    })
  } finally {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const open = (server: PostgresServer, more = {}) =>
  openDatabase(
    dataConfig.parse({
      databases: { films: { writer: server.url('films') } },
      routing: { holdMs: 0 },
      ...more,
    }),
    filmModel,
  )

test('statements are held while the server restarts; one that may have changed something is not sent again', () =>
  withServer(async start => {
    const first = await start()
    const database = await open(first, { routing: { holdMs: 20_000 } })
    await database.migrate()
    const reading = sqlRows(database.fork(), 'select 1 as one, pg_sleep(1)::text')
    const writing = sqlRows(database.fork(), 'create table made as select 1 as one from pg_sleep(1)')
    const failed = expect(writing).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await after(200)
    await first.stop()
    await failed
    const begun = database.transaction(em => sqlRows(em, 'select 2 as two'))
    const written = sqlRows(database.fork(), 'create table made (id int)')
    await after(200)
    await start()
    expect(await reading).toMatchObject([{ one: 1 }])
    expect(await begun).toEqual([{ two: 2 }])
    expect(await written).toEqual([])
    await database.close()
  }))

test('a writer that dies over a commit leaves it uncertain, and says so', () =>
  withServer(async start => {
    const server = await start()
    const database = await open(server)
    await sqlRows(database.fork(), 'create table slow (id int)')
    await sqlRows(
      database.fork(),
      `create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(5); return null; end $$`,
    )
    await sqlRows(
      database.fork(),
      `create constraint trigger waits after insert on slow deferrable initially deferred
       for each row execute function wait()`,
    )
    const written = database.transaction(em => sqlRows(em, 'insert into slow values (1)'))
    const failed = expect(written).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN', status: 503 })
    await after(300)
    await server.stop()
    await failed
    await database.close()
  }))

test('a restart of the server under a live pool is an error for those in it, and over afterwards', () =>
  withServer(async start => {
    const first = await start()
    const database = await open(first)
    await database.migrate()
    await Promise.all(Array.from({ length: 5 }, () => sqlRows(database.fork(), 'select pg_sleep(0.02)')))
    const inTransaction = database.transaction(async em => {
      await sqlRows(em, 'select 1')
      await after(400)
      await sqlRows(em, 'select 1')
    })
    const inStatement = database.fork().execute('select pg_sleep(3)')
    const failures = Promise.allSettled([inTransaction, inStatement])
    await after(100)
    await first.stop()

    for (const result of await failures) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'DATABASE_UNAVAILABLE', status: 503 },
      })
    }
    expect(await database.health()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('ECONNREFUSED'),
    })
    await expect(database.fork().find(Film, {})).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await expect(database.transaction(em => sqlRows(em, 'select 1'))).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    await expect(sqlRows(database.fork(), 'select 1')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })

    await start()
    expect(await database.health()).toMatchObject({ ok: true })
    expect(await database.fork().find(Film, {})).toEqual([])
    await database.close()
    await database.close()
  }))

test('connections that die in a transaction, or before it begins, leave the pool as large as it was', () =>
  withServer(async start => {
    const server = await start()
    const database = await open(server, { pool: { max: 2, acquireTimeoutMs: 1000 } })
    const kill = async (pids: number[]): Promise<void> => {
      for (const pid of pids) signal(pid, 'SIGTERM')
      await after(50)
    }
    const pidOf = 'select pg_backend_pid() as pid'
    for (let round = 0; round < 3; round += 1) {
      const inside = database.transaction(async em => {
        const [row] = await sqlRows<{ pid: number }>(em, pidOf)
        await kill([row?.pid ?? 0])
        await sqlRows(em, 'select 1')
      })
      await expect(inside).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
      const atCommit = database.transaction(async em => {
        const [row] = await sqlRows<{ pid: number }>(em, pidOf)
        await kill([row?.pid ?? 0])
      })
      await expect(atCommit).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    }
    const both = await Promise.all([
      database.transaction(em => sqlRows(em, 'select 1 as one, pg_sleep(0.1)::text')),
      database.transaction(em => sqlRows(em, 'select 1 as one, pg_sleep(0.1)::text')),
    ])
    expect(both.flat()).toMatchObject([{ one: 1 }, { one: 1 }])
    await database.close()
  }))

test('a server that hangs is noticed, by health within a second', () =>
  withServer(async start => {
    const server = await start()
    const database = await open(server, { statementTimeoutMs: 300, pool: { acquireTimeoutMs: 500 } })
    await sqlRows(database.fork(), 'select 1')
    const [row] = await sqlRows<{ pid: number }>(database.fork(), 'select pg_backend_pid() as pid')
    const backend = row?.pid ?? 0
    signal(backend, 'SIGSTOP')
    signal(server.pid, 'SIGSTOP')
    try {
      const startedAt = performance.now()
      expect(await database.health()).toMatchObject({ ok: false })
      expect(performance.now() - startedAt).toBeLessThan(1300)
      await expect(database.transaction(em => sqlRows(em, 'select 1'))).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      })
      expect(performance.now() - startedAt).toBeLessThan(4000)
    } finally {
      signal(backend, 'SIGCONT')
      signal(server.pid, 'SIGCONT')
    }
    expect(await sqlRows(database.fork(), 'select 1 as one')).toEqual([{ one: 1 }])
    await database.close()
  }))
