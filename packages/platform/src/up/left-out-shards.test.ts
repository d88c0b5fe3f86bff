import { expect, test } from '@jest/globals'
import { requireDrained, requireWhole } from './left-out-shards.ts'

const owners = (buckets: Readonly<Record<string, number>>, isMoving = false) => ({
  version: 3,
  buckets,
  isMoving,
  blank: ['s2'],
})

test('shards that own nothing may be left out', () => {
  expect(() => requireDrained([2, 3], owners({ s1: 1024 }), 1)).not.toThrow()
  expect(() => requireDrained([], owners({ s1: 512, s2: 512 }, true), 2)).not.toThrow()
})

test('one that owns buckets may not: it is named', () => {
  expect(() => requireDrained([2, 3], owners({ s1: 1000, s3: 24 }), 1)).toThrow(
    /With 1 of the embedded shards, data would be missing: s3 owns 24 buckets/,
  )
})

test('nor may any while buckets move: to where, only the other side may know', () => {
  expect(() => requireDrained([2], owners({ s1: 1024 }, true), 1)).toThrow(/buckets are being moved/)
})

test('one that owns buckets and has no data is found out', () => {
  expect(() => requireWhole(owners({ s1: 1024 }))).not.toThrow()
  expect(() => requireWhole(owners({ s1: 512, s2: 512 }))).toThrow(/"s2".*512/)
})
