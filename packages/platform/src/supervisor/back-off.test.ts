import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { backOffDelay } from './back-off.ts'

const rule = { firstDelayMs: 200, maxDelayMs: 10_000 }

describe('the wait before a restart', () => {
  test('doubles, up to the maximum', () => {
    expect([0, 1, 2, 5, 6, 1000].map(attempt => backOffDelay(attempt, rule, 0))).toEqual([
      200, 400, 800, 6400, 10_000, 10_000,
    ])
  })

  test('is never above what it would be without chance, and never below its half', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const full = backOffDelay(attempt, rule, 0)
        const wait = backOffDelay(attempt, rule, random)
        expect(wait).toBeLessThanOrEqual(full)
        expect(wait).toBeGreaterThanOrEqual(full / 2)
      }),
    )
  })
})
