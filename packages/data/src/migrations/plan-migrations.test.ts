import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Migration } from '@mikro-orm/migrations'
import pg from 'pg'
import { dataConfig } from '../config.ts'
import { silent } from '../log.ts'
import type { DomainModel, MigrationEntry } from '../model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { lookAhead, migrateDatabases } from './migrate-databases.ts'
import type { MigrationTarget } from './migration-session.ts'
import type { MigrationPlan } from './plan-migrations.ts'

const settings = dataConfig.parse({ migrations: { bigTableRows: 1000 } }).migrations

const migration = (
  name: string,
  isTransactional: boolean,
  ...statements: readonly string[]
): MigrationEntry => ({
  name,
  class: class extends Migration {
    override isTransactional(): boolean {
      return isTransactional
    }
    override up(): void {
      for (const sql of statements) this.addSql(sql)
    }
  },
})

const create = migration(
  '0001-create',
  true,
  'create table person (id int primary key)',
  'create table film (id int primary key, title text not null, year text, director int)',
  'create table view (film int not null, at timestamptz not null) partition by range (at)',
  `create table view_old partition of view for values from (minvalue) to ('2020-01-01')`,
  `create table view_new partition of view for values from ('2020-01-01') to (maxvalue)`,
)
const modelOf = (...migrations: readonly MigrationEntry[]): DomainModel => ({
  domain: 'films',
  entities: [],
  migrations: [create, ...migrations],
})

let postgres: TestPostgres
let target: MigrationTarget
let client: pg.Client
beforeAll(async () => {
  postgres = await startTestPostgres()
  await postgres.server.ensureDatabases(['films'])
  target = { name: 'films', url: postgres.server.url('films') }
  await migrateDatabases([target], modelOf(), { settings, log: silent })
  client = new pg.Client({ connectionString: target.url })
  await client.connect()
  await client.query(`insert into person select n from generate_series(1, 10) n`)
  await client.query(`insert into film select n, 'Film ' || n, n::text from generate_series(1, 5000) n`)
  await client.query(
    `insert into view select n, timestamptz '2018-01-01' + n * interval '1 day' from generate_series(1, 2000) n`,
  )
  await client.query('analyze')
})
afterAll(async () => {
  await client.end()
  await postgres.stop()
})

const planOf = async (...entries: readonly MigrationEntry[]): Promise<MigrationPlan> => {
  const [plan] = await lookAhead([target], modelOf(...entries), settings)
  return plan!
}

/** `table: lock, rows` of every risk, in one transaction unless told. */
const risksOf = async (statements: readonly string[], isTransactional = true): Promise<readonly string[]> => {
  const { migrations, unseen } = await planOf(migration('0002', isTransactional, ...statements))
  expect(unseen).toBeNull()
  return migrations.flatMap(({ risks }) => risks.map(({ table, lock, rows }) => `${table}: ${lock}, ${rows}`))
}

describe('without danger are', () => {
  test.each([
    ['a new table', ['create table award (id int primary key, film int)']],
    ['a column', ['alter table film add column note text']],
    [
      'a column with a default that does not change',
      ['alter table film add column stars int not null default 3'],
    ],
    ['a constraint that is not validated', ['alter table film add check (id > 0) not valid']],
    [
      'a foreign key that is not validated',
      ['alter table film add foreign key (director) references person not valid'],
    ],
    ['a wider text', [`alter table film alter column title type varchar`]],
    ['a rewrite of a small table', ['alter table person alter column id type bigint']],
    ['an index on a small table', ['create index on person (id)']],
    ['a change of rows', [`update film set year = '1979' where id = 7`]],
    [
      'dropping and renaming',
      ['alter table film drop column year', 'alter table film rename to movie', 'drop table view'],
    ],
  ])('%s', async (_what, statements) => {
    expect(await risksOf(statements)).toEqual([])
  })

  test('an index that is built concurrently', async () => {
    expect(await risksOf(['create index concurrently film_year on film (year)'], false)).toEqual([])
  })

  test('a constraint that is validated on its own, and NOT NULL after it', async () => {
    const check = `alter table film add constraint director_there check (director is not null) not valid`
    const { migrations } = await planOf(
      migration('0002', true, check),
      migration('0003', true, 'alter table film validate constraint director_there'),
      migration('0004', true, 'alter table film alter column director set not null'),
    )
    expect(migrations.map(({ risks }) => risks)).toEqual([[], [], []])
    expect(migrations[1]?.statements[0]?.touches).toEqual([
      {
        table: 'film',
        lock: 'SHARE UPDATE EXCLUSIVE',
        wasHeld: false,
        rewrites: false,
        scans: true,
        rows: 5000,
      },
    ])
  })
})

describe('with danger are', () => {
  test.each([
    ['another type', ['alter table film alter column id type bigint'], ['film: ACCESS EXCLUSIVE, 5000']],
    [
      'a column with a default of its own for each row',
      ['alter table film add column key uuid default gen_random_uuid()'],
      ['film: ACCESS EXCLUSIVE, 5000'],
    ],
    ['an index', ['create index on film (year)'], ['film: SHARE, 5000']],
    ['NOT NULL', ['alter table film alter column year set not null'], ['film: ACCESS EXCLUSIVE, 5000']],
    ['a check', ['alter table film add check (id > 0)'], ['film: ACCESS EXCLUSIVE, 5000']],
    ['a unique constraint', ['alter table film add unique (title)'], ['film: ACCESS EXCLUSIVE, 5000']],
    [
      'a foreign key, also for the small table that it names',
      ['alter table film add foreign key (director) references person'],
      ['person: SHARE ROW EXCLUSIVE, 5000', 'film: SHARE ROW EXCLUSIVE, 5000'],
    ],
    [
      'filling a column in the transaction that adds it',
      ['alter table film add column note text', `update film set note = ''`],
      ['film: ACCESS EXCLUSIVE, 5000'],
    ],
    [
      'a partitioned table',
      ['alter table view alter column film type bigint'],
      ['view: ACCESS EXCLUSIVE, 2000'],
    ],
    [
      'a table under another name',
      ['alter table film rename to movie', 'alter table movie alter column id type bigint'],
      ['film: ACCESS EXCLUSIVE, 5000'],
    ],
  ])('%s', async (_what, statements, risks) => {
    expect((await risksOf(statements)).toSorted()).toEqual([...risks].toSorted())
  })

  test('a whole table that is written anew outside of a transaction', async () => {
    expect(await risksOf(['vacuum full film'], false)).toEqual(['film: ACCESS EXCLUSIVE, 5000'])
  })
})

test('a plan tells the SQL, locks and rows, and what cannot be looked at', async () => {
  const plan = await planOf(migration('0002', true, 'alter table film add column note text'))
  expect(plan).toEqual({
    database: 'films',
    unseen: null,
    migrations: [
      {
        migration: '0002',
        isTransactional: true,
        acceptsLocks: null,
        risks: [],
        statements: [
          {
            sql: 'alter table film add column note text',
            touches: [
              {
                table: 'film',
                lock: 'ACCESS EXCLUSIVE',
                wasHeld: false,
                rewrites: false,
                scans: false,
                rows: 5000,
              },
            ],
          },
        ],
      },
    ],
  })
  const broken = await planOf(migration('0002', true, 'alter table nothing add column note text'))
  expect(broken.unseen).toContain('"nothing" does not exist')
  await expect(
    migrateDatabases([target], modelOf(migration('0002', true, 'alter table nothing add column note text')), {
      settings,
      log: silent,
    }),
  ).rejects.toMatchObject({
    code: 'MIGRATION_RISKY',
    message: expect.stringContaining('nobody could look at it'),
  })
})

test('a role that may not create databases migrates while there is no big table', async () => {
  await client.query(`create role poor login password 'poor'; grant all on schema public to poor`)
  await client.query('alter table film owner to poor; alter table migrations owner to poor')
  const poor = { ...target, url: target.url.replace(/\/\/[^@]*@/, '//poor:poor@') }
  const model = modelOf(migration('0002-poor', true, 'alter table film add column poor text'))
  await expect(migrateDatabases([poor], model, { settings, log: silent })).rejects.toMatchObject({
    code: 'MIGRATION_RISKY',
    message: expect.stringContaining('permission denied to create database'),
    mend: expect.stringContaining('createdb'),
  })
  const patient = dataConfig.parse({}).migrations
  const applied = await migrateDatabases([poor], model, { settings: patient, log: silent })
  expect(applied.get('films')).toEqual(['0002-poor'])
})
