import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ValueTrie } from './value-trie.ts'

const value = fc.oneof(fc.constantFrom(undefined, null, true, 0, '', '0'), fc.integer({ min: 0, max: 3 }))

test('finds what belongs to a list, whatever else is in it', () => {
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 200 }), lists => {
      const trie = new ValueTrie<string>()
      const scratch: unknown[] = []
      for (const list of [...lists, ...lists]) {
        list.forEach((one, index) => {
          scratch[index] = one
        })
        const textOf = (values: readonly unknown[]): string =>
          JSON.stringify(values.map(one => (one === undefined ? 'undefined' : JSON.stringify(one))))
        expect(trie.at(scratch, list.length, textOf)).toBe(textOf(list))
      }
    }),
  )
})

test('makes it once', () => {
  const trie = new ValueTrie<object>()
  const lists = Array.from({ length: 1000 }, (_, index) => [1, index % 10, index % 100])
  const made = new Set(lists.map(list => trie.at(list, 3, () => ({}))))
  expect(made.size).toBe(100)
})
