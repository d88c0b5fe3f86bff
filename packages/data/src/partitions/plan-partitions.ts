import { monthOf, monthsLater, startOf, type Month } from './month.ts'
import type { MonthlyTable } from './read-partitions.ts'

export type PartitionPolicy = Readonly<{
  /** How many months to come have their partition already. */
  aheadMonths: number
  /** By table: how many full months are kept before this one. A table that is not named is kept for ever. */
  keepMonths: Readonly<Record<string, number>>
}>

export type PartitionStep = Readonly<{
  kind: 'create' | 'retire'
  table: string
  partition: string
  /** undefined of what goes back to the beginning of time. */
  from: Month | undefined
  to: Month
  /** Each by itself, outside of a transaction. */
  statements: readonly string[]
}>

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const create = (table: string, month: Month): PartitionStep => {
  const partition = `${table}_${month.replace('-', '_')}`
  const to = monthsLater(month, 1)
  return {
    kind: 'create',
    table,
    partition,
    from: month,
    to,
    statements: [
      // Made beside the table and attached: that does not keep anybody from reading or writing it.
      `create table if not exists ${quoted(partition)} (like ${quoted(table)} including all)`,
      `alter table ${quoted(table)} attach partition ${quoted(partition)} for values from ('${startOf(month)}') to ('${startOf(to)}')`,
    ],
  }
}

const covers =
  ({ partitions }: MonthlyTable) =>
  (wanted: Month): boolean =>
    partitions.some(({ from = '', to = '~' }) => from <= wanted && wanted < to)

const mostMonthsAhead = 1200

/** How many months after this one, without a gap, have their partition: -1 when this one has none. */
export const monthsAhead = (table: MonthlyTable, now: Date): number => {
  const isCovered = covers(table)
  let ahead = -1
  while (ahead < mostMonthsAhead && isCovered(monthsLater(monthOf(now), ahead + 1))) ahead += 1
  return ahead
}

/**
 * What is to be done so that a table has its partitions of the months to come, and none that the policy has retired.
 * @param now  decides what this month is, in UTC
 */
export const planPartitions = (
  known: MonthlyTable,
  { aheadMonths, keepMonths }: PartitionPolicy,
  now: Date,
): readonly PartitionStep[] => {
  const { table, partitions } = known
  const month = monthOf(now)
  const isCovered = covers(known)
  const missing = Array.from({ length: aheadMonths + 1 }, (_, ahead) => monthsLater(month, ahead))
    .filter(wanted => !isCovered(wanted))
    .map(wanted => create(table, wanted))
  const kept = keepMonths[table]
  const oldest = kept === undefined ? '' : monthsLater(month, -kept)
  const retired = partitions.flatMap(({ name, from, to, isHalfDetached }): readonly PartitionStep[] => {
    if (to === undefined || !(to <= oldest || isHalfDetached)) return []
    const how = isHalfDetached ? 'finalize' : 'concurrently'
    const statements = [
      `alter table ${quoted(table)} detach partition ${quoted(name)} ${how}`,
      `drop table ${quoted(name)}`,
    ]
    return [{ kind: 'retire', table, partition: name, from, to, statements }]
  })
  return [...missing, ...retired]
}
