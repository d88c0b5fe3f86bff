import { monthOf, type Month } from './month.ts'

/** Runs one statement outside of a transaction. */
export type Ask = <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<readonly Row[]>

/** One partition of a table that is partitioned by month. */
export type Partition = Readonly<{
  name: string
  /** undefined: from the beginning of time, or until its end. */
  from: Month | undefined
  to: Month | undefined
  /** As the planner estimates it. */
  rows: number
  bytes: number
  /** Somebody began to detach it, and did not come to the end. */
  isHalfDetached: boolean
}>

/** A table that is partitioned by ranges of a moment. */
export type MonthlyTable = Readonly<{ table: string; column: string; partitions: readonly Partition[] }>

type TableRow = { oid: number; table: string; column: string }
type PartitionRow = {
  name: string
  bound: string
  rows: number
  bytes: number
  is_half_detached: boolean
}

const tables = `
  select c.oid::int, c.relname as table, a.attname as column
  from pg_partitioned_table p
  join pg_class c on c.oid = p.partrelid
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
  join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
  where p.partstrat = 'r' and p.partnatts = 1 and a.atttypid = 'timestamptz'::regtype
  order by c.relname`

// The bounds are told in the session's time zone.
const partitions = `
  select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound, i.inhdetachpending as is_half_detached,
    greatest(c.reltuples, 0)::float8 as rows, pg_total_relation_size(c.oid)::float8 as bytes
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = $1
  order by c.relname`

const bounds = /FROM \((?:MINVALUE|'([^']+)')\) TO \((?:MAXVALUE|'([^']+)')\)/

const monthIn = (text: string | undefined): Month | undefined =>
  text === undefined ? undefined : monthOf(new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')))

const partitionOf = (row: PartitionRow): Partition => {
  const [, from, to] = bounds.exec(row.bound) ?? []
  const { name, rows, bytes, is_half_detached: isHalfDetached } = row
  return Object.freeze({ name, rows, bytes, isHalfDetached, from: monthIn(from), to: monthIn(to) })
}

/** Finds the tables of a database that are partitioned by month, and their partitions from the oldest on. */
export const readPartitions = async (ask: Ask): Promise<readonly MonthlyTable[]> => {
  const found = await ask<TableRow>(tables)
  return Promise.all(
    found.map(async ({ oid, table, column }) => {
      const rows = await ask<PartitionRow>(partitions, [oid])
      const known = rows.map(partitionOf).toSorted((a, b) => ((a.from ?? '') < (b.from ?? '') ? -1 : 1))
      return Object.freeze({ table, column, partitions: Object.freeze(known) })
    }),
  )
}
