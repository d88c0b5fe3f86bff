import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { openPatient, type Patient } from '../../testing/doctor-patient.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/start-test-postgres.ts'
import { bloatedIndexes } from './bloated-indexes.ts'
import { duplicateIndexes } from './duplicate-indexes.ts'
import { invalidIndexes } from './invalid-indexes.ts'
import { upkeepMark } from '../../statement-tags.ts'
import { missingIndexes } from './missing-indexes.ts'
import { sequentialScans } from './sequential-scans.ts'
import { staleStatistics } from './stale-statistics.ts'
import { unindexedForeignKeys } from './unindexed-foreign-keys.ts'
import { unusedIndexes } from './unused-indexes.ts'

// What a session counted is told with a delay: after an ANALYZE it would count twice.
const flush = 'select pg_stat_force_next_flush()'

let postgres: TestPostgres
let patient: Patient
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())
beforeEach(async () => {
  patient = await openPatient(postgres)
  await patient.run(
    'create table big (id int primary key, owner int not null, kind text, at timestamptz) with (autovacuum_enabled = off)',
    `insert into big select n, n % 5000, 'k' || n % 7, now() - n * interval '1 minute' from generate_series(1, 20000) n`,
    'create table small (id int primary key, owner int not null)',
    'insert into small select n, n from generate_series(1, 100) n',
    flush,
    'analyze',
  )
})
afterEach(() => patient.close())

const sqlOf = (findings: readonly { sql?: readonly string[] }[]) => findings.map(({ sql }) => sql)

describe('a missing index', () => {
  test.each([
    ['equality', 'select * from big where owner = 5', 'big_owner_idx on big (owner)'],
    ['a list', `select * from big where owner = any('{1,2}')`, 'big_owner_idx on big (owner)'],
    [
      'equality and order',
      'select * from big where owner = 5 order by at desc, id desc limit 5',
      'big_owner_at_id_idx on big (owner, at, id)',
    ],
    [
      'an order of two directions',
      'select * from big order by at desc, id limit 5',
      'big_at_id_idx on big (at desc, id)',
    ],
    [
      'equality and range',
      `select id from big where at > timestamptz '2020-01-01' and kind = 'k1' limit 3`,
      'big_kind_at_idx on big (kind, at)',
    ],
    [
      'pages of many parents',
      `select p.id, c.* from unnest('{1,2}'::int[]) p (id) cross join lateral (
         select * from big b where b.owner = p.id and (b.at, b.id) < ('2030-01-01', 9) order by b.at desc, b.id desc limit 3) c`,
      'big_owner_at_id_idx on big (owner, at, id)',
    ],
    [
      'a join from few rows',
      'select * from small s join big b on b.owner = s.owner where s.id = 3',
      'big_owner_idx on big (owner)',
    ],
    ['an update', `update big set kind = 'x' where owner = 7`, 'big_owner_idx on big (owner)'],
  ])('is found for %s, with its SQL', async (_what, statement, index) => {
    await patient.run(`${statement} /*field='Query.bigs',loader='bigs'*/`)
    const [finding, ...others] = await patient.find(missingIndexes)
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      check: 'missing-index',
      severity: 'critical',
      sql: [`create index concurrently ${index}`],
      isSafe: true,
    })
    expect(finding?.evidence).toContain('loader bigs, field Query.bigs')
    await patient.run(...finding!.sql!, 'analyze big')
    expect(await patient.find(missingIndexes)).toEqual([])
  })

  test('is not found where one is used, on a small table, or where none would help', async () => {
    await patient.run(
      'select * from big where id = 5',
      'select * from small where owner = 5',
      'select owner from small order by owner limit 3',
      `select * from big where owner = 5 ${upkeepMark}`,
    )
    expect(await patient.find(missingIndexes)).toEqual([])
    await patient.run(`select * from big where kind like '%1' or owner = 3`)
    const [finding] = await patient.find(missingIndexes)
    expect(finding).toMatchObject({ isSafe: false, codeChange: expect.stringContaining('No single B-tree') })
    expect(finding).not.toHaveProperty('sql')
  })

  test('of a partitioned table is built partition by partition', async () => {
    await patient.run(
      'create table review (id int, movie int not null, primary key (id)) partition by hash (id)',
      'create table review_0 partition of review for values with (modulus 2, remainder 0)',
      'create table review_1 partition of review for values with (modulus 2, remainder 1)',
      'insert into review select n, n % 5000 from generate_series(1, 30000) n',
      'analyze review',
      'select * from review r where r.movie = 5',
    )
    const [finding, ...others] = await patient.find(missingIndexes)
    expect(others).toEqual([])
    expect(finding?.sql).toEqual([
      'create index if not exists review_movie_idx on only review (movie)',
      'create index concurrently review_movie_idx_0 on review_0 (movie)',
      'create index concurrently review_movie_idx_1 on review_1 (movie)',
      'alter index review_movie_idx attach partition review_movie_idx_0',
      'alter index review_movie_idx attach partition review_movie_idx_1',
    ])
    await patient.run(...finding!.sql!)
    expect(await patient.find(missingIndexes)).toEqual([])
    expect(await patient.find(invalidIndexes)).toEqual([])
  })
})

test('empty partitions that are read whole do not make the table read whole', async () => {
  await patient.run(
    'create table event (id int, at date not null, primary key (id, at)) partition by range (at)',
    `create table event_1 partition of event for values from ('2020-01-01') to ('2020-02-01')`,
    `create table event_2 partition of event for values from ('2020-02-01') to ('2020-03-01')`,
    `insert into event select n, '2020-01-05' from generate_series(1, 20000) n`,
    'analyze event',
    'select * from event where id = 7',
  )
  expect(await patient.find(missingIndexes)).toEqual([])
})

test('an index that is never read is found; one that is read, or unique, or small, is not', async () => {
  await patient.run(
    'create index unread on big (kind)',
    'create index read on big (owner)',
    'create unique index rule on big (id, owner)',
    'create index tiny on small (owner)',
    'analyze',
    'set enable_seqscan = off',
    'select count(*) from big where owner = 5',
  )
  const findings = await patient.find(unusedIndexes, { minIndexBytes: 50_000, unusedDays: 0 })
  expect(await patient.find(unusedIndexes, { minIndexBytes: 50_000 })).toEqual([])
  expect(sqlOf(findings)).toEqual([['drop index concurrently unread']])
  expect(findings[0]).toMatchObject({ severity: 'info', isSafe: false })
})

test('duplicates are found: equal ones, and beginnings of another; what differs is not', async () => {
  await patient.run(
    'create index one on big (owner, at)',
    'create index same on big (owner, at)',
    'create index beginning on big (owner)',
    'create index other_way on big (owner desc)',
    `create index some_rows on big (owner) where kind = 'k1'`,
    'create unique index also_rule on big (id, owner)',
    'create index hashed on big using hash (owner)',
    'create index lower_kind on big (lower(kind))',
    'create index upper_kind on big (upper(kind))',
  )
  const findings = await patient.find(duplicateIndexes)
  expect(findings.map(({ object, evidence, isSafe }) => [object, evidence, isSafe])).toEqual([
    ['beginning', 'its keys are the first keys of one', false],
    ['same', 'has the same keys as one', false],
  ])
})

test('a bloated index is found, and is not once it is rebuilt', async () => {
  await patient.run(
    'create index full_index on big (at)',
    'create index slack on big (owner, id)',
    'delete from big where id % 10 <> 0',
    'vacuum analyze big',
    'reindex index full_index',
  )
  const thresholds = { minIndexBytes: 100_000 }
  const findings = await patient.find(bloatedIndexes, thresholds)
  expect(sqlOf(findings)).toEqual(
    expect.arrayContaining([['reindex index concurrently slack'], ['reindex index concurrently big_pkey']]),
  )
  expect(findings.map(({ object }) => object)).not.toContain('full_index')
  for (const { sql } of findings) await patient.run(...sql!)
  expect(await patient.find(bloatedIndexes, thresholds)).toEqual([])
})

test('an index whose building failed is found, one that is being built is not', async () => {
  await patient.run('insert into small values (101, 1)', 'create index whole on small (owner)')
  await expect(patient.run('create unique index concurrently broken on small (owner)')).rejects.toThrow()
  // Waits for this transaction, which holds a row.
  const holder = new pg.Client({ connectionString: patient.url })
  const builder = new pg.Client({ connectionString: patient.url })
  await Promise.all([holder.connect(), builder.connect()])
  await holder.query('begin')
  await holder.query('update big set kind = kind where id = 1')
  const building = builder.query('create index concurrently coming on big (kind)')
  await new Promise(resolve => setTimeout(resolve, 200))
  const findings = await patient.find(invalidIndexes)
  await holder.query('commit')
  await building
  await Promise.all([holder.end(), builder.end()])
  expect(sqlOf(findings)).toEqual([['drop index concurrently broken']])
})

test('a foreign key of a big table without an index is found; with one, or on a small table, it is not', async () => {
  await patient.run(
    'create table owner (id int primary key, kind int unique)',
    'insert into owner select n, n from generate_series(0, 5000) n',
    'alter table big add column second int references owner (kind)',
    'create index on big (second, id)',
    'alter table big add foreign key (owner) references owner',
    'create table pair (kind int, id int, primary key (kind, id))',
    'insert into pair select 1, n from generate_series(1, 20000) n',
    'create table parts (kind int, at int, id int, primary key (id, at, kind))',
    'insert into parts select 1, n, n from generate_series(1, 20000) n',
    'alter table parts add foreign key (kind, id) references pair',
    'create table loose (at int, kind int, id int, primary key (at, kind, id))',
    'insert into loose select n, 1, n from generate_series(1, 20000) n',
    'alter table loose add constraint loose_pair foreign key (kind, id) references pair',
    'analyze parts, loose',
    'alter table small add foreign key (owner) references owner',
  )
  const findings = await patient.find(unindexedForeignKeys)
  expect(sqlOf(findings)).toEqual([
    ['create index concurrently big_owner_idx on big (owner)'],
    ['create index concurrently loose_kind_id_idx on loose (kind, id)'],
  ])
  expect(findings[0]).toMatchObject({ object: 'big.big_owner_fkey', isSafe: true })
})

test('a big table that is read from end to end is found; one read once, or a small one, is not', async () => {
  await patient.run('create table calm as select * from big', 'select count(*) from calm')
  for (let n = 0; n < 20; n += 1) {
    await patient.run(`select count(*) from big where kind = 'k1'`, 'select count(*) from small')
  }
  const findings = await patient.find(sequentialScans)
  expect(findings.map(({ object }) => object)).toEqual(['big'])
})

test('stale statistics are found, and those of a partitioned table that was never analysed', async () => {
  await patient.run(
    'create table never (id int) with (autovacuum_enabled = off)',
    'insert into never select generate_series(1, 5000)',
    'create table parted (id int) partition by range (id)',
    'create table parted_1 partition of parted for values from (0) to (100000)',
    'insert into parted select generate_series(1, 5000)',
    flush,
    'analyze parted_1',
    'update big set kind = kind where id < 9000',
  )
  const findings = await patient.find(staleStatistics)
  expect(findings.map(({ object }) => object).toSorted()).toEqual(['big', 'never', 'parted'])
  expect(findings.every(({ isSafe }) => isSafe)).toBe(true)
  for (const { sql } of findings) await patient.run(...sql!)
  expect(await patient.find(staleStatistics)).toEqual([])
})
