import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silent } from '../log.ts'
import type { Database } from '../database.ts'
import { sqlRows } from '../sql-rows.ts'
import { filmModel } from '../testing/film-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { keepPartitions } from './keep-partitions.ts'
import { readPartitions } from './read-partitions.ts'

let postgres: TestPostgres
let database: Database
beforeAll(async () => {
  postgres = await startTestPostgres()
  database = await postgres.database(filmModel)
  const sql = (text: string) => sqlRows(database.fork(), text)
  await sql('create table owner (id int primary key)')
  await sql(`create table visit (
    owner_id int not null references owner on delete cascade, at timestamptz(3) not null, note text,
    primary key (owner_id, at)
  ) partition by range (at)`)
  await sql(
    "create table visit_before partition of visit for values from (minvalue) to ('2026-10-01 00:00:00+00')",
  )
  await sql('insert into owner values (1)')
  // By list or by hash: none of ours.
  await sql('create table other (id int, at timestamptz) partition by list (id)')
})
afterAll(() => postgres.stop())

const keep = (now: string, keepMonths: Record<string, number> = {}) =>
  keepPartitions(() => database.fork(), { aheadMonths: 1, keepMonths }, silent, new Date(now))

const names = async (): Promise<readonly string[]> =>
  (await readPartitions((sql, params) => sqlRows(database.fork(), sql, params))).flatMap(
    ({ table, partitions }) =>
      partitions.map(({ name, from, to }) => `${table}: ${name} ${from ?? ''}..${to ?? ''}`),
  )

const partitionsRead = async (query: string): Promise<readonly string[]> => {
  const rows = await sqlRows<{ 'QUERY PLAN': string }>(database.fork(), `explain ${query}`)
  return rows.flatMap(row => /\bon (visit_\w+)/.exec(row['QUERY PLAN'])?.[1] ?? [])
}

test('of several processes one makes what is missing', async () => {
  const done = await Promise.all(Array.from({ length: 4 }, () => keep('2026-11-25T12:00:00Z')))
  expect(
    done
      .flat()
      .map(({ partition }) => partition)
      .toSorted(),
  ).toEqual(['visit_2026_11', 'visit_2026_12'])
  expect(await names()).toEqual([
    'visit: visit_before ..2026-10',
    'visit: visit_2026_11 2026-11..2026-12',
    'visit: visit_2026_12 2026-12..2027-01',
  ])
  expect(await keep('2026-11-25T12:00:00Z')).toEqual([])
})

test('rows find their partition, keep their keys, and a month is read alone', async () => {
  await sqlRows(
    database.fork(),
    `insert into visit values (1, '2026-11-30 23:59:59.999+00', 'late'), (1, '2026-12-01 00:00:00+00', 'new'), (1, '1950-01-01', 'old')`,
  )
  await expect(
    sqlRows(database.fork(), "insert into visit values (2, '2026-11-02', 'nobody')"),
  ).rejects.toThrow(/foreign key/)
  const november = "at >= '2026-11-01 00:00:00+00' and at < '2026-12-01 00:00:00+00'"
  expect(await sqlRows(database.fork(), `select note from visit where ${november}`)).toEqual([
    { note: 'late' },
  ])
  expect(await partitionsRead(`select note from visit where owner_id = 1 and ${november}`)).toEqual([
    'visit_2026_11',
  ])
})

test('what the policy has retired is gone, the rest is whole', async () => {
  const done = await keep('2027-01-05T00:00:00Z', { visit: 1 })
  expect(done.map(({ kind, partition }) => `${kind} ${partition}`)).toEqual([
    'create visit_2027_01',
    'create visit_2027_02',
    'retire visit_before',
    'retire visit_2026_11',
  ])
  expect(await sqlRows(database.fork(), 'select note from visit')).toEqual([{ note: 'new' }])
  const [gone] = await sqlRows<{ gone: boolean }>(
    database.fork(),
    "select to_regclass('visit_2026_11') is null as gone",
  )
  expect(gone).toEqual({ gone: true })
})

test('a table that was made and not attached is attached', async () => {
  await sqlRows(database.fork(), 'create table visit_2027_03 (like visit including all)')
  await keep('2027-02-05T00:00:00Z')
  expect(await names()).toContain('visit: visit_2027_03 2027-03..2027-04')
})
