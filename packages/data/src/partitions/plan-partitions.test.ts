import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { monthOf, monthsLater } from './month.ts'
import { monthsAhead, planPartitions, type PartitionPolicy } from './plan-partitions.ts'
import type { MonthlyTable, Partition } from './read-partitions.ts'

const partition = (
  from: string | undefined,
  to: string | undefined,
  more: Partial<Partition> = {},
): Partition => ({
  name: `view_${from?.replace('-', '_') ?? 'before'}`,
  from,
  to,
  rows: 0,
  bytes: 0,
  isHalfDetached: false,
  ...more,
})

const table = (...partitions: readonly Partition[]): MonthlyTable => ({
  table: 'view',
  column: 'at',
  partitions,
})

const plan = (known: MonthlyTable, policy: Partial<PartitionPolicy> = {}, now = '2026-11-25T23:59:59Z') =>
  planPartitions(known, { aheadMonths: 2, keepMonths: {}, ...policy }, new Date(now)).map(
    ({ kind, partition: name }) => `${kind} ${name}`,
  )

describe('partitions by month', () => {
  test('this month and those to come are made, over the turn of a year too', () => {
    expect(plan(table(partition(undefined, '2026-11')))).toEqual([
      'create view_2026_11',
      'create view_2026_12',
      'create view_2027_01',
    ])
  })

  test('what is there is left alone, whatever its size', () => {
    expect(plan(table(partition('2026-10', '2027-01')))).toEqual(['create view_2027_01'])
    expect(plan(table(partition('2026-10', undefined)))).toEqual([])
  })

  test('months that are too old go, those that are kept in part stay', () => {
    const known = table(
      partition(undefined, '2026-08'),
      partition('2026-08', '2026-09'),
      partition('2026-09', '2026-10'),
      partition('2026-10', undefined),
    )
    expect(plan(known, { keepMonths: { view: 2 } })).toEqual(['retire view_before', 'retire view_2026_08'])
    expect(plan(known, { keepMonths: { review: 2 } })).toEqual([])
  })

  test('a retirement that was broken off is ended', () => {
    const known = table(
      partition('2020-01', '2020-02', { isHalfDetached: true }),
      partition('2026-10', undefined),
    )
    const [step] = planPartitions(known, { aheadMonths: 1, keepMonths: {} }, new Date())
    expect(step?.statements[0]).toContain('finalize')
  })

  test('the month is that of UTC', () => {
    expect(monthOf(new Date('2026-11-30T23:30:00-02:00'))).toBe('2026-12')
  })

  test('months are counted without a gap', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: -500, max: 500 }), (start, count) => {
        const from = monthsLater('1970-01', start)
        const to = monthsLater(from, count)
        expect(monthsLater(to, -count)).toBe(from)
        expect(monthsLater(to, 1) > to).toBe(true)
      }),
    ))
})

test('months ahead are counted from this one to the first gap', () => {
  const november = new Date('2026-11-25T23:59:59Z')
  expect(monthsAhead(table(), november)).toBe(-1)
  expect(monthsAhead(table(partition('2026-10', '2026-11')), november)).toBe(-1)
  const known = [
    partition(undefined, '2026-12'),
    partition('2026-12', '2027-02'),
    partition('2027-03', '2027-04'),
  ]
  expect(monthsAhead(table(...known), november)).toBe(2)
  expect(monthsAhead(table(partition('2026-11', undefined)), november)).toBe(1200)
})
