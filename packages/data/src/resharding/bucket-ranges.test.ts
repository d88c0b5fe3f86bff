import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bucketFilter, parseBuckets, printBuckets } from './bucket-ranges.ts'

const anyBuckets = fc
  .uniqueArray(fc.integer({ min: 0, max: 1023 }), { minLength: 1 })
  .map(buckets => buckets.toSorted((one, other) => one - other))

describe('ranges of buckets', () => {
  test('what is printed is read again', () =>
    fc.assert(
      fc.property(anyBuckets, buckets => expect(parseBuckets(printBuckets(buckets))).toEqual(buckets)),
    ))

  test.each([
    [[7], '7', 'bucket in (7)'],
    [[0, 1, 2, 9, 11], '0-2, 9, 11', 'bucket between 0 and 2 or bucket in (9, 11)'],
  ])('%j', (buckets, text, filter) => {
    expect(printBuckets(buckets)).toBe(text)
    expect(bucketFilter(buckets)).toBe(filter)
  })

  test.each(['', '5-3', '0-1024', 'x', '1,,2', '-1', '1-2-3'])('%j is none', text =>
    expect(parseBuckets(text)).toBeUndefined(),
  )
})
