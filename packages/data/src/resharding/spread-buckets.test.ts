import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { drainShard, rebalance, type Holdings, type Wish } from './spread-buckets.ts'

const names = ['a', 'b', 'c', 'd', 'e']

/** Any way in which some shards can have 1,024 buckets. */
const anyHoldings = fc
  .tuple(
    fc.integer({ min: 2, max: names.length }),
    fc.array(fc.nat(4), { minLength: 1024, maxLength: 1024 }),
    fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
  )
  .map(([count, owners, skew]): Holdings => {
    const shards = names.slice(0, count)
    const holdings = new Map<string, number[]>(shards.map(name => [name, []]))
    for (const [bucket, owner] of owners.entries()) {
      const shard = shards[(skew[bucket % 4] === 0 ? 0 : owner) % count] ?? ''
      holdings.get(shard)?.push(bucket)
    }
    return holdings
  })

const apply = (holdings: Holdings, wishes: readonly Wish[]): Holdings => {
  const after = new Map([...holdings].map(([shard, buckets]) => [shard, new Set(buckets)]))
  for (const { source, target, buckets } of wishes) {
    for (const bucket of buckets) {
      if (after.get(source)?.delete(bucket) !== true) throw new Error(`${source} has not ${bucket}`)
      after.get(target)?.add(bucket)
    }
  }
  return new Map([...after].map(([shard, buckets]) => [shard, [...buckets]]))
}

const countsOf = (holdings: Holdings): readonly number[] => [...holdings.values()].map(({ length }) => length)

describe('spreading buckets', () => {
  test('evens them out, and moves no more than that takes', () =>
    fc.assert(
      fc.property(anyHoldings, holdings => {
        const wishes = rebalance(holdings)
        const counts = countsOf(apply(holdings, wishes))
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        expect(wishes.length).toBeLessThan(holdings.size)
        const even = Math.ceil(1024 / holdings.size)
        const surplus = countsOf(holdings).reduce((sum, count) => sum + Math.max(0, count - even + 1), 0)
        expect(wishes.reduce((sum, { buckets }) => sum + buckets.length, 0)).toBeLessThanOrEqual(surplus)
      }),
    ))

  test('empties a shard, and takes nothing from the others', () =>
    fc.assert(
      fc.property(anyHoldings, holdings => {
        const wishes = drainShard(holdings, 'a')
        expect(apply(holdings, wishes).get('a')).toEqual([])
        expect(new Set(wishes.map(({ source }) => source)).size).toBeLessThanOrEqual(1)
      }),
    ))

  test('gives half of one shard to a new one', () => {
    const all = Array.from({ length: 1024 }, (_, bucket) => bucket)
    const holdings = new Map([
      ['a', all],
      ['b', []],
    ])
    expect(rebalance(holdings)).toEqual([{ source: 'a', target: 'b', buckets: all.slice(512) }])
    expect(drainShard(new Map([['a', all]]), 'a')).toEqual([])
  })
})
