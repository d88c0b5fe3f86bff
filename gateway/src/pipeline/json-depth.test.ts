import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isNestedDeeperThan } from './json-depth.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

test('agrees with the parsed value, whatever stands in its strings', () =>
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 7 }), (text, max) => {
      expect(isNestedDeeperThan(Buffer.from(text), max)).toBe(depthOf(JSON.parse(text)) > max)
    }),
    { numRuns: 500 },
  ))

test('brackets in strings do not count', () => {
  expect(isNestedDeeperThan(Buffer.from(JSON.stringify(['[[[[{{{\\"[[[', '\\'])), 1)).toBe(false)
})
