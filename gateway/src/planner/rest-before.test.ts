import { expect, test } from '@jest/globals'
import { restBefore } from './rest-before.ts'

test('restBefore: three at once, then longer and longer, never beyond 5 s', () => {
  expect([0, 1, 2, 3, 4, 5, 8, 9, 2000].map(restBefore)).toEqual([0, 0, 0, 100, 200, 400, 3200, 5000, 5000])
})
