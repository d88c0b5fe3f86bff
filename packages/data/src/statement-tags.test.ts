import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Database } from './database.ts'
import { sqlRows } from './sql-rows.ts'
import { tagged, tagsOf, withTags } from './statement-tags.ts'
import { filmModel } from './testing/film-model.ts'
import { startTestPostgres, type TestPostgres } from './testing/start-test-postgres.ts'

let postgres: TestPostgres
let database: Database
beforeAll(async () => {
  postgres = await startTestPostgres()
  database = await postgres.database(filmModel)
})
afterAll(() => postgres.stop())

test('the comment is sqlcommenter: keys in order, values encoded; and is read back', () => {
  const text = withTags({ loader: 'movies.pages', field: 'Query.movies' }, () => tagged('select 1'))
  expect(text).toBe(`select 1 /*field='Query.movies',loader='movies.pages'*/`)
  const odd = { loader: `it's */ 100% "odd"!`, field: 'ä' }
  const hostile = withTags(odd, () => tagged('select 1'))
  expect(hostile).toBe(`select 1 /*field='%C3%A4',loader='it%27s%20%2A%2F%20100%25%20%22odd%22%21'*/`)
  expect(tagsOf(hostile)).toEqual(odd)
  expect(tagsOf('select 1')).toEqual({})
  expect(tagsOf(`select '/*field=1*/'`)).toEqual({})
  expect(tagged('select 1')).toBe('select 1')
})

test('inner tags join outer ones, and do not leak out', async () => {
  await withTags({ field: 'Query.a' }, async () => {
    await withTags({ loader: 'one' }, async () => {
      await Promise.resolve()
      expect(tagged('')).toBe(` /*field='Query.a',loader='one'*/`)
    })
    expect(tagged('')).toBe(` /*field='Query.a'*/`)
  })
  expect(tagged('')).toBe('')
})

test('PostgreSQL keeps one statement whatever its tags, and shows those of its first run', async () => {
  const sql = 'select title from film where director_id = any($1::uuid[]) and title <> $2'
  for (const field of ['Person.films', 'Query.films']) {
    await withTags({ field, loader: 'films' }, () => sqlRows(database.fork(), sql, [[], field]))
  }
  const rows = await sqlRows<{ query: string; calls: number }>(
    database.fork(),
    `select query, calls from pg_stat_statements where query like '%director_id = any%' and query not like '%pg_stat%'`,
  )
  expect(rows).toEqual([{ query: `${sql} /*field='Person.films',loader='films'*/`, calls: 2 }])
})

test('listeners hear the statement without tags; the ORM and transactions work with them', async () => {
  const heard: string[] = []
  database.onStatement(({ sql }) => heard.push(sql))
  await withTags({ loader: 'films' }, () => database.transaction(em => sqlRows(em, 'select 1 as one')))
  expect(heard).toEqual(['select 1 as one'])
})
