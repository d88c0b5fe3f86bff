import { createServer } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Migration } from '@mikro-orm/migrations'
import { dataConfig } from './config.ts'
import type { Database } from './database.ts'
import type { DomainModel } from './model.ts'
import { migrateDomain } from './migrations/migrate-domain.ts'
import { openDatabase } from './open-database.ts'
import { sqlRows } from './sql-rows.ts'
import { Film, filmModel, Person } from './testing/film-model.ts'
import { startTestPostgres, type TestPostgres } from './testing/start-test-postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

const ids = ['018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002'] as const

const withDatabase = async (work: (database: Database) => Promise<void>, overrides = {}): Promise<void> => {
  const database = await openDatabase(await postgres.configFor('films', overrides), filmModel)
  try {
    await database.migrate()
    await work(database)
  } finally {
    await database.close()
  }
}

describe('openDatabase', () => {
  test('names what the topology lacks', async () => {
    await expect(openDatabase(dataConfig.parse({}), filmModel)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('data.databases has no "films"'),
    })
  })

  test('gives up when the time is over', async () => {
    const config = dataConfig.parse({
      databases: { films: { writer: 'postgres://x:y@127.0.0.1:1/films' } },
      connectTimeoutMs: 300,
    })
    const startedAt = performance.now()
    await expect(openDatabase(config, filmModel)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      cause: { code: 'ECONNREFUSED' },
    })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290)
    expect(performance.now() - startedAt).toBeLessThan(1500)
  })

  test('does not wait for a server that will never let us in', async () => {
    const config = await postgres.configFor('films')
    const [name = ''] = Object.keys(config.databases)
    const writer = postgres.server.url(name).replace(':test@', ':wrong@')
    const startedAt = performance.now()
    await expect(
      openDatabase({ ...config, databases: { [name]: { writer, readers: [] } } }, filmModel),
    ).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', cause: { code: '28P01' } })
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  test('waits for a server that starts late', async () => {
    // A port that first refuses, then leads to the real server.
    const { port } = postgres.server
    const { connect } = await import('node:net')
    const proxy = createServer(socket => {
      const upstream = connect(port, '127.0.0.1')
      socket.pipe(upstream).pipe(socket)
      for (const side of [socket, upstream]) {
        side.on('error', () => undefined)
        side.on('close', () => [socket, upstream].forEach(each => each.destroy()))
      }
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    const late = (proxy.address() as { port: number }).port
    await new Promise(resolve => proxy.close(resolve))
    const config = await postgres.configFor('films')
    const [name = ''] = Object.keys(config.databases)
    const writer = postgres.server.url(name).replace(`:${port}/`, `:${late}/`)
    const said: string[] = []
    const log = {
      info: (_: object, message: string) => void said.push(message),
      warn: (_: object, message: string) => void said.push(message),
    }
    const opening = openDatabase({ ...config, databases: { [name]: { writer, readers: [] } } }, filmModel, {
      log,
    })
    await after(250)
    await new Promise<void>(resolve => proxy.listen(late, '127.0.0.1', resolve))
    const database = await opening
    expect(said).toEqual(['waiting for the database', 'the database answers'])
    expect(await database.health()).toMatchObject({ ok: true })
    await database.close()
    await new Promise(resolve => proxy.close(resolve))
  })
})

describe('a Database', () => {
  test('reads and writes entities; a transaction keeps all or nothing', () =>
    withDatabase(async database => {
      await database.transaction(async em => {
        const person = em.create(Person, { id: ids[0], name: 'Ridley Scott' })
        em.create(Film, { id: ids[0], title: 'Alien', director: person })
        em.create(Film, { id: ids[1], title: `Le "Fabuleux' \\ Destin`, director: person })
      })
      await expect(
        database.transaction(async em => {
          em.create(Film, { id: '018f0000-0000-7000-8000-000000000003', title: 'Lost' })
          await em.flush()
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
      const films = await database.fork().find(Film, {}, { orderBy: { id: 'asc' } })
      expect(films.map(film => film.title)).toEqual(['Alien', `Le "Fabuleux' \\ Destin`])
      expect(database.fork()).not.toBe(database.fork())
    }))

  test('tells each statement, without its values, and a find with its relations is one', () =>
    withDatabase(async database => {
      await database.transaction(async em => {
        const person = em.create(Person, { id: ids[0], name: 'Ridley Scott' })
        em.create(Film, { id: ids[0], title: `It's 'secret'`, director: person })
      })
      const statements: { sql: string; durationMs: number }[] = []
      database.onStatement(statement => statements.push(statement))
      const people = await database.fork().find(Person, { name: 'Ridley Scott' }, { populate: ['films'] })
      expect(people[0]?.films.getItems().map(film => film.title)).toEqual([`It's 'secret'`])
      expect(statements).toHaveLength(1)
      await database.transaction(em => sqlRows(em, `select 'it''s' as a, E'x\\'y' as b, $1::int as c`, [1]))
      await database.health()
      expect(statements).toHaveLength(2)
      expect(statements[1]?.sql).toBe('select ? as a, ? as b, $1::int as c')
      expect(statements[0]?.sql).not.toContain('Ridley')
      expect(statements[0]?.durationMs).toBeGreaterThan(0)
    }))

  test('ends a statement that runs too long, and the connection is of use again', () =>
    withDatabase(
      async database => {
        const em = database.fork()
        await expect(sqlRows(em, 'select pg_sleep(5)')).rejects.toMatchObject({
          code: 'DEADLINE_EXCEEDED',
          message: 'The answer took longer than 200 ms.',
          mend: 'Ask for less, or raise `data.statementTimeoutMs`.',
        })
        await expect(em.execute('select pg_sleep(5)')).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
        await expect(database.transaction(tx => sqlRows(tx, 'select pg_sleep(5)'))).rejects.toMatchObject({
          code: 'DEADLINE_EXCEEDED',
        })
        expect(await sqlRows(em, 'select 1 as one')).toEqual([{ one: 1 }])
      },
      { statementTimeoutMs: 200, pool: { max: 1 } },
    ))

  test('does not wait for a lock, or for an idle transaction, without end', () =>
    withDatabase(
      async database => {
        await sqlRows(database.fork(), 'create table held (n int)')
        await database.transaction(async holder => {
          await sqlRows(holder, 'lock table held')
          await expect(sqlRows(database.fork(), 'select * from held')).rejects.toMatchObject({
            code: 'DEADLINE_EXCEEDED',
            mend: expect.stringContaining('data.lockTimeoutMs'),
          })
        })
        const idle = database.transaction(async em => {
          await sqlRows(em, 'select 1')
          await after(500)
          await sqlRows(em, 'select 1')
        })
        await expect(idle).rejects.toMatchObject({
          code: 'DEADLINE_EXCEEDED',
          mend: expect.stringContaining('data.idleInTransactionTimeoutMs'),
        })
        expect(await sqlRows(database.fork(), 'select 1 as one')).toEqual([{ one: 1 }])
      },
      { lockTimeoutMs: 100, idleInTransactionTimeoutMs: 200 },
    ))

  test('never has more connections than its pool allows, and names itself to the server', () =>
    withDatabase(
      async database => {
        const counted = await Promise.all(
          Array.from({ length: 12 }, async () => {
            const [row] = await sqlRows<{ n: number }>(
              database.fork(),
              `select count(*) as n, pg_sleep(0.02) from pg_stat_activity
               where datname = current_database() and application_name = 'marquee-films'`,
            )
            return row?.n ?? 0
          }),
        )
        expect(Math.max(...counted)).toBe(3)
      },
      { pool: { max: 3 } },
    ))

  test('says so when every connection is busy for too long, and is healthy all the same', () =>
    withDatabase(
      async database => {
        const busy = sqlRows(database.fork(), 'select pg_sleep(0.6)')
        await after(50)
        await expect(sqlRows(database.fork(), 'select 1')).rejects.toMatchObject({
          code: 'DATABASE_UNAVAILABLE',
        })
        expect(await database.health()).toMatchObject({ ok: true })
        await busy
      },
      { pool: { max: 1, acquireTimeoutMs: 200 } },
    ))
})

describe('migrate', () => {
  test('only looks whether all is there when starts do not migrate', async () => {
    const config = await postgres.configFor('films')
    const careful = { ...config, migrations: { ...config.migrations, atStart: false } }
    const database = await openDatabase(careful, filmModel)
    await expect(database.migrate()).rejects.toMatchObject({
      code: 'MIGRATION_PENDING',
      message: expect.stringContaining('lacks the migrations 0001-create-films, 0002-add-counter'),
      mend: expect.stringContaining('marquee db migrate'),
    })
    const applied = await migrateDomain(careful, filmModel)
    expect([...applied.values()]).toEqual([['0001-create-films', '0002-add-counter']])
    expect(await database.migrate()).toEqual([])
    await database.close()
  })

  test('by many at once applies each migration once', async () => {
    const config = await postgres.configFor('films')
    const databases = await Promise.all(Array.from({ length: 5 }, () => openDatabase(config, filmModel)))
    const applied = await Promise.all(databases.map(database => database.migrate()))
    expect(applied.flat().toSorted()).toEqual(['0001-create-films', '0002-add-counter'])
    const [first] = databases
    if (first === undefined) throw new Error('none')
    expect(await sqlRows(first.fork(), 'select n from counter')).toEqual([{ n: 1 }])
    expect(await first.migrate()).toEqual([])
    await Promise.all(databases.map(database => database.close()))
  })

  test('of one that fails leaves nothing of it, and keeps those before it', async () => {
    class Broken extends Migration {
      override up(): void {
        this.addSql('create table half (n int)')
        this.addSql('select 1 / 0')
      }
    }
    class Patient extends Migration {
      override up(): void {
        this.addSql('select pg_sleep(0.4)')
      }
    }
    const model: DomainModel = {
      ...filmModel,
      migrations: [
        { name: '0001-patient', class: Patient },
        { name: '0002-broken', class: Broken },
      ],
    }
    const database = await openDatabase(await postgres.configFor('films', { statementTimeoutMs: 200 }), model)
    await expect(database.migrate()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      cause: { code: '22012' },
    })
    expect(await sqlRows(database.fork(), 'select name from migrations')).toEqual([{ name: '0001-patient' }])
    expect(await sqlRows(database.fork(), `select to_regclass('half') as half`)).toEqual([{ half: null }])
    await database.close()
  })
})
