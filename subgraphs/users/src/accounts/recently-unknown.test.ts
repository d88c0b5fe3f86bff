import { expect, test } from '@jest/globals'
import { recentlyUnknown } from './recently-unknown.ts'

test('remembers an id for its time, and no longer', () => {
  let now = 0
  const unknown = recentlyUnknown({ maxEntries: 10, ttlMs: 5000, nowMs: () => now })
  unknown.add('a')
  now = 4999
  expect(unknown.has('a')).toBe(true)
  now = 5000
  expect(unknown.has('a')).toBe(false)
})

test('holds so many and forgets the oldest', () => {
  const unknown = recentlyUnknown({ maxEntries: 2, ttlMs: 5000, nowMs: () => 0 })
  for (const id of ['a', 'b', 'a', 'c']) unknown.add(id)
  expect(['a', 'b', 'c'].map(id => unknown.has(id))).toEqual([true, false, true])
})
