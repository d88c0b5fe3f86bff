import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { UniqueConstraintViolationException } from '@mikro-orm/core'
import type { Database } from './database.ts'
import { sqlRows } from './sql-rows.ts'
import { Film, filmModel } from './testing/film-model.ts'
import { startTestPostgres, type TestPostgres } from './testing/start-test-postgres.ts'

let postgres: TestPostgres
let database: Database
beforeAll(async () => {
  postgres = await startTestPostgres()
  database = await postgres.database(filmModel)
})
afterAll(() => postgres.stop())

const ids = ['018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002']

test('takes arrays as parameters', async () => {
  const sql =
    'select id, at::int as at from unnest($1::uuid[]) with ordinality as key(id, at) order by at desc'
  expect(await sqlRows(database.fork(), sql, [ids])).toEqual([
    { id: ids[1], at: 2 },
    { id: ids[0], at: 1 },
  ])
  expect(await sqlRows(database.fork(), sql, [[]])).toEqual([])
  const texts = [`a"b`, `c'd\\e`, '{f,g}', null, 'NULL', '']
  expect(await sqlRows(database.fork(), 'select $1::text[] as texts', [texts])).toEqual([{ texts }])
})

test('gives rows as plain values', async () => {
  const at = new Date('2026-11-24T23:59:59.123Z')
  const [row] = await sqlRows(
    database.fork(),
    `select $1::timestamptz as at, array[$1::timestamptz] as ats, '1979-05-25'::date as day, 12345678901 as big,
       9007199254740993 as huge, array[1, null, 9007199254740993]::bigint[] as bigs, 1.50::numeric as exact,
       null::date as nothing, true as yes, '{"a": [1]}'::jsonb as json, array['2020-01-01'::date] as days`,
    [at],
  )
  expect(row).toEqual({
    at,
    ats: [at],
    day: '1979-05-25',
    big: 12_345_678_901,
    huge: '9007199254740993',
    bigs: [1, null, '9007199254740993'],
    exact: '1.50',
    nothing: null,
    yes: true,
    json: { a: [1] },
    days: ['2020-01-01'],
  })
})

test('runs in the transaction of its entity manager', async () => {
  await expect(
    database.transaction(async em => {
      em.create(Film, { id: ids[0] ?? '', title: 'Alien' })
      await em.flush()
      expect(await sqlRows(em, 'select title from film')).toEqual([{ title: 'Alien' }])
      expect(await sqlRows(database.fork(), 'select title from film')).toEqual([])
      await em.transactional(inner => sqlRows(inner, 'delete from film'))
      throw new Error('undo')
    }),
  ).rejects.toThrow('undo')
  expect(await sqlRows(database.fork(), 'select * from film')).toEqual([])
})

test('errors are the ORM errors', async () => {
  const insert = 'insert into film (id, title) values ($1, $2)'
  await sqlRows(database.fork(), insert, [ids[0], 'Heat'])
  await expect(sqlRows(database.fork(), insert, [ids[1], 'Heat'])).rejects.toThrow(
    UniqueConstraintViolationException,
  )
  await expect(sqlRows(database.fork(), 'select nonsense')).rejects.toMatchObject({ code: '42703' })
})

test('an error quotes no row: it could hold what must not be logged', async () => {
  await sqlRows(database.fork(), 'create table secret (id int primary key, password text not null)')
  const broken = sqlRows(database.fork(), `insert into secret values (1, null), (2, 'hunter2')`).catch(
    (error: unknown) => error,
  )
  expect(JSON.stringify(await broken, Object.getOwnPropertyNames(await broken))).not.toContain('1, null')
  await sqlRows(database.fork(), `insert into secret values (1, 'hunter2')`)
  const twice = sqlRows(database.fork(), `insert into secret values (1, 'hunter2')`)
  await expect(twice).rejects.toBeInstanceOf(UniqueConstraintViolationException)
  await expect(twice).rejects.not.toHaveProperty('detail', expect.any(String))
})
