import { expect, test } from '@jest/globals'
import { isBegin, isCommit, isRead, isReadOnlyBegin, isRollback } from './statement-kind.ts'

test.each([
  'select 1',
  ' SELECT "m0".* from "movie" as "m0"',
  "/*field='Query.movies'*/ select 1",
  '-- why\nselect 1',
  'with page as (select 1) select * from page',
  'values (1)',
  'table movie',
  `select updated_at, "for_update", 'insertion' from film`,
])('a read: %s', sql => {
  expect(isRead(sql)).toBe(true)
})

test.each([
  'insert into movie values (1)',
  'update movie set title = $1',
  'with gone as (delete from movie returning *) select * from gone',
  'select * from movie for update',
  'select * from movie for no key update skip locked',
  'select * from movie for share',
  'select * from movie for key share',
  'select * into copy from movie',
  "select nextval('ids')",
  'select pg_advisory_xact_lock($1)',
  'select pg_try_advisory_lock(1)',
  'create table t (id int)',
  'vacuum',
  '',
])('not a read: %s', sql => {
  expect(isRead(sql)).toBe(false)
})

test('transaction control, as the ORM writes it', () => {
  expect(isBegin('begin')).toBe(true)
  expect(isBegin('start transaction isolation level repeatable read')).toBe(true)
  expect(isBegin('beginning')).toBe(false)
  expect(isReadOnlyBegin('start transaction read only')).toBe(true)
  expect(isReadOnlyBegin('begin')).toBe(false)
  expect(isCommit('commit')).toBe(true)
  expect(isRollback('rollback')).toBe(true)
  expect(isRollback('rollback to "s1"')).toBe(false)
})
