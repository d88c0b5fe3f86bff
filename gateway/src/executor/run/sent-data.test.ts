import { expect, test } from '@jest/globals'
import { SentData } from './sent-data.ts'

const sent = (data: unknown): SentData => new SentData(JSON.stringify(data))

test('what was sent already is no news, at any depth', () => {
  const data = sent({ film: { id: '1', cast: [{ id: 'a' }, null, { id: 'c' }] } })
  const added = { id: '1', year: 1972, cast: [{ id: 'a', name: 'A' }, null, { id: 'c', name: 'C' }] }
  expect(data.add(['film'], JSON.stringify(added))).toEqual([
    { subPath: [], data: '{"year":1972}' },
    { subPath: ['cast', 0], data: '{"name":"A"}' },
    { subPath: ['cast', 2], data: '{"name":"C"}' },
  ])
  expect(data.data).toEqual({ film: added })
  expect(data.add(['film'], JSON.stringify(added))).toEqual([])
})

test.each([
  ['an object', { a: { b: 1 } }, { a: null, c: 1 }],
  ['an element', { a: [{ b: 1 }] }, { a: [null], c: 1 }],
  ['something below', { a: { b: { c: 1 } } }, { a: { b: null }, c: 1 }],
])('nothing is added that would make null of %s', (_what, before, added) => {
  const data = sent(before)
  expect(data.add([], JSON.stringify(added))).toBeUndefined()
  expect(data.data).toEqual(before)
})

test('a field may have any name', () => {
  const data = sent({ a: 1 })
  const [news] = data.add([], '{"__proto__":{"b":1},"constructor":2}') ?? []
  expect(news?.data).toBe('{"__proto__":{"b":1},"constructor":2}')
  expect(JSON.stringify(data.data)).toBe('{"a":1,"__proto__":{"b":1},"constructor":2}')
  expect(data.add([], '{"__proto__":{"b":1,"c":2}}')).toEqual([{ subPath: ['__proto__'], data: '{"c":2}' }])
})
