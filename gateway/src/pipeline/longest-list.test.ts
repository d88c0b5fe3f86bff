import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { longestListIn } from './longest-list.ts'

test.each([
  [1, 0],
  [null, 0],
  [[], 0],
  [{ a: [1, 2], b: { c: [[1, 2, 3], 4] } }, 3],
])('%j', (value, size) => expect(longestListIn(value)).toBe(size))

test('finds every list', () =>
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
      let longest = 0
      JSON.stringify(value, (_key, node: unknown) => {
        if (Array.isArray(node)) longest = Math.max(longest, node.length)
        return node
      })
      expect(longestListIn(value)).toBe(longest)
    }),
  ))

test('does not end the stack', () => {
  expect(longestListIn(JSON.parse(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`))).toBe(1)
})
