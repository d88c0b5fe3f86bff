import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matchForViewer } from './match-for-viewer.ts'

describe('how well a movie fits', () => {
  test.each([
    [['a', 'b'], 5, ['a', 'b', 'c'], 100],
    [['a', 'b'], 1, ['c'], 0],
    [['a', 'b'], 3, ['a'], 50],
    [['a', 'b'], null, ['a', 'b'], 85],
    [['a', 'b', 'c'], 4, ['b'], 46],
    [[], 5, ['a'], 30],
    [['a', 'a'], 1, ['a'], 70],
  ] as const)('genres %j, rating %p, favourites %j: %i', (genres, average, favourites, score) => {
    expect(matchForViewer(genres, average, new Set(favourites))).toBe(score)
  })

  test('is a whole number from 0 to 100, and never falls with another favourite', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd')),
        fc.option(fc.double({ min: 1, max: 5, noNaN: true })),
        fc.array(fc.constantFrom('a', 'b', 'c', 'd')),
        (genres, average, favourites) => {
          const score = matchForViewer(genres, average, new Set(favourites))
          expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true)
          expect(matchForViewer(genres, average, new Set([...favourites, 'a']))).toBeGreaterThanOrEqual(score)
        },
      ),
    ))
})
