import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Migration } from '@mikro-orm/migrations'
import pg from 'pg'
import { dataConfig } from '../config.ts'
import { silent, type Log } from '../log.ts'
import type { DomainModel, MigrationEntry } from '../model.ts'
import { indexModel } from '../testing/index-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { migrateDatabases } from './migrate-databases.ts'
import type { MigrationTarget } from './migration-session.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

const migration = (name: string, ...statements: readonly string[]): MigrationEntry => ({
  name,
  class: class extends Migration {
    override up(): void {
      for (const sql of statements) this.addSql(sql)
    }
  },
})

const create = migration(
  '0001-create',
  'create table film (id int primary key, title text not null, year text)',
)
const modelOf = (...migrations: readonly MigrationEntry[]): DomainModel => ({
  domain: 'films',
  entities: [],
  migrations,
})

const settingsOf = (overrides: object) => dataConfig.parse({ migrations: overrides }).migrations
const quick = settingsOf({ lockTimeoutMs: 200, attempts: 3 })

let count = 0
type Place = Readonly<{ target: MigrationTarget; client: pg.Client }>
const withPlaces = async (
  names: readonly string[],
  work: (...places: readonly Place[]) => Promise<void>,
): Promise<void> => {
  count += 1
  const databases = names.map(name => `${name.replace('/', '_')}_${count}`)
  await postgres.server.ensureDatabases(databases)
  const places = await Promise.all(
    databases.map(async (database, index) => {
      const url = postgres.server.url(database)
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return { target: { name: names[index] ?? '', url }, client }
    }),
  )
  try {
    await work(...places)
  } finally {
    await Promise.all(places.map(({ client }) => client.end()))
  }
}

const namesIn = async ({ client }: Place): Promise<readonly string[]> =>
  (await client.query<{ name: string }>('select name from migrations order by name')).rows.map(
    ({ name }) => name,
  )

const columnsOf = async ({ client }: Place): Promise<string> =>
  (
    await client.query<{ columns: string }>(
      `select string_agg(column_name || ' ' || data_type, ', ' order by ordinal_position) as columns
       from information_schema.columns where table_name = 'film'`,
    )
  ).rows[0]?.columns ?? ''

describe('a migration whose lock is held', () => {
  const change = migration('0002-change', 'create table other (id int)', 'alter table film add column a int')

  test('tries again until it is let go, and nobody queues behind it for long', () =>
    withPlaces(['films'], async place => {
      const { target, client } = place
      await migrateDatabases([target], modelOf(create), { settings: quick, log: silent })
      await client.query('begin')
      await client.query('select * from film')
      const said: object[] = []
      const log: Log = { info: () => undefined, warn: (fields, text) => void said.push({ ...fields, text }) }
      const settings = settingsOf({ lockTimeoutMs: 200, attempts: 20 })
      const migrating = migrateDatabases([target], modelOf(create, change), { settings, log })
      const reader = new pg.Client({ connectionString: target.url })
      await reader.connect()
      let longestMs = 0
      for (let look = 0; look < 30; look += 1) {
        const startedAt = performance.now()
        await reader.query('select * from film')
        longestMs = Math.max(longestMs, performance.now() - startedAt)
        await after(30)
      }
      await client.query('commit')
      expect((await migrating).get('films')).toEqual(['0002-change'])
      await reader.end()
      expect(longestMs).toBeLessThan(600)
      expect(said).toContainEqual(
        expect.objectContaining({
          text: 'a migration did not get its locks: trying again',
          blocker: expect.stringContaining('select * from film'),
        }),
      )
    }))

  test('gives up, names who holds it, and leaves nothing half done', () =>
    withPlaces(['films'], async place => {
      const { target, client } = place
      await migrateDatabases([target], modelOf(create), { settings: quick, log: silent })
      await client.query('begin')
      await client.query('select title from film')
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      await client.query('select title from film')
      await expect(
        migrateDatabases([target], modelOf(create, change), { settings: quick, log: silent }),
      ).rejects.toMatchObject({
        code: 'MIGRATION_LOCKED',
        message: expect.stringMatching(
          new RegExp(
            `0002-change of films did not get its locks in 3 attempts of 200 ms.*process ${rows[0]?.pid} .*idle in transaction for .*select title from film`,
          ),
        ),
      })
      await client.query('commit')
      expect(await namesIn(place)).toEqual(['0001-create'])
      expect((await client.query(`select to_regclass('other') as other`)).rows).toEqual([{ other: null }])
    }))
})

describe('several databases', () => {
  test('all get a migration, or none does; the next run goes on', () =>
    withPlaces(['films/a', 'films/b'], async (a, b) => {
      const targets = [a.target, b.target]
      await migrateDatabases(targets, modelOf(create), { settings: quick, log: silent })
      await b.client.query('insert into film values (1, $1, $2)', ['Alien', 'nineteen'])
      const model = modelOf(
        create,
        migration('0002-note', 'alter table film add column note text'),
        migration('0003-year', 'alter table film alter column year type int using year::int'),
      )
      await expect(migrateDatabases(targets, model, { settings: quick, log: silent })).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        message: expect.stringMatching(/0003-year of films\/b failed: .*invalid input syntax/),
      })
      for (const place of [a, b]) {
        expect(await namesIn(place)).toEqual(['0001-create', '0002-note'])
        expect(await columnsOf(place)).toBe('id integer, title text, year text, note text')
      }
      await b.client.query(`update film set year = '1979'`)
      const applied = await migrateDatabases(targets, model, { settings: quick, log: silent })
      expect([...applied]).toEqual([
        ['films/a', ['0003-year']],
        ['films/b', ['0003-year']],
      ])
    }))

  test('one that is behind, as after a crash between two commits, catches up', () =>
    withPlaces(['films/a', 'films/b'], async (a, b) => {
      await migrateDatabases([a.target], modelOf(create), { settings: quick, log: silent })
      const applied = await migrateDatabases([a.target, b.target], modelOf(create), {
        settings: quick,
        log: silent,
      })
      expect([...applied]).toEqual([
        ['films/a', []],
        ['films/b', ['0001-create']],
      ])
    }))

  test('processes that migrate at once wait for one another', () =>
    withPlaces(['films/a', 'films/b'], async (a, b) => {
      const slow = migration('0002-slow', 'select pg_sleep(0.2)', 'alter table film add column slow int')
      const run = () =>
        migrateDatabases([a.target, b.target], modelOf(create, slow), { settings: quick, log: silent })
      const runs = await Promise.all([run(), run(), run()])
      expect(runs.flatMap(applied => [...applied.values()].flat()).toSorted()).toEqual([
        '0001-create',
        '0001-create',
        '0002-slow',
        '0002-slow',
      ])
    }))
})

describe('a migration that is dangerous for a big table', () => {
  const small = settingsOf({ bigTableRows: 1000, lockTimeoutMs: 200, attempts: 3 })
  const withFilms = (work: (place: Place) => Promise<void>) =>
    withPlaces(['films'], async place => {
      await migrateDatabases([place.target], modelOf(create), { settings: small, log: silent })
      await place.client.query(
        `insert into film select n, 'Film ' || n, n::text from generate_series(1, 5000) n`,
      )
      await place.client.query('analyze')
      await work(place)
    })
  const rewrite = migration('0002-rewrite', 'alter table film alter column id type bigint')

  test('is refused before anything is done, and says what to do instead', () =>
    withFilms(async place => {
      const note = migration('0002-a-note', 'alter table film add column note text')
      await expect(
        migrateDatabases([place.target], modelOf(create, note, rewrite), { settings: small, log: silent }),
      ).rejects.toMatchObject({
        code: 'MIGRATION_RISKY',
        message: expect.stringMatching(
          /0002-rewrite of films is refused: it rewrites film \(about 5,000 rows\) under ACCESS EXCLUSIVE/,
        ),
        mend: expect.stringMatching(/Expand and contract.*--allow-risky/),
        details: { table: 'film', rows: 5000, lock: 'ACCESS EXCLUSIVE' },
      })
      expect(await namesIn(place)).toEqual(['0001-create'])
      const { rows } = await place.client.query(`select 1 from pg_database where datname like '%scratch%'`)
      expect(rows).toEqual([])
    }))

  test('is applied when it is allowed to, or says why it may', () =>
    withFilms(async place => {
      const run = (entry: MigrationEntry, allowRisky: boolean) =>
        migrateDatabases([place.target], modelOf(create, entry), { settings: small, log: silent, allowRisky })
      await run({ ...rewrite, acceptsLocks: 'nobody uses it yet' }, false)
      await run(migration('0003-again', 'alter table film alter column id type int'), true)
      expect(await columnsOf(place)).toContain('id integer')
    }))
})

describe('an index that is built concurrently', () => {
  const main = fileURLToPath(new URL('../testing/index-main.ts', import.meta.url))

  test('is built anew after a kill, which leaves an invalid one', () =>
    withPlaces(['films'], async place => {
      const { target, client } = place
      const settings = settingsOf({ lockTimeoutMs: 100, attempts: 3 })
      const [first] = indexModel.migrations
      await migrateDatabases([target], { ...indexModel, migrations: [first!] }, { settings, log: silent })
      await client.query(`insert into film select n, 'Film ' || n from generate_series(1, 5000) n`)
      const writer = new pg.Client({ connectionString: target.url })
      await writer.connect()
      await writer.query('begin')
      await writer.query(`insert into film values (0, 'in progress')`)
      const child = spawn(process.execPath, ['--no-warnings', main, target.url], { stdio: 'inherit' })
      const isInvalid = async (): Promise<boolean> =>
        (await client.query(`select 1 from pg_index where not indisvalid`)).rows.length > 0
      while (!(await isInvalid())) await after(20)
      child.kill('SIGKILL')
      await once(child, 'exit')
      expect(await isInvalid()).toBe(true)
      // What the killed process had begun ends by itself, or the next would wait for it for ever.
      const resumed = migrateDatabases([target], indexModel, { settings, log: silent })
      await after(1500)
      await writer.query('commit')
      expect((await resumed).get('films')).toEqual(['0002-index'])
      expect(await isInvalid()).toBe(false)
      const { rows } = await client.query(
        `select indisvalid from pg_index where indexrelid = 'film_title'::regclass`,
      )
      expect(rows).toEqual([{ indisvalid: true }])
      await writer.end()
    }))
})
