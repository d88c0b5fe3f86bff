import type { Ask } from './read-partitions.ts'

/** One partition of any table. */
export type ListedPartition = Readonly<{
  name: string
  /** What it holds, as PostgreSQL says it: `FOR VALUES FROM (…) TO (…)`, `DEFAULT`. */
  bound: string
  /** As the server counts and estimates; null when it cannot tell yet. */
  rows: number | null
  /** With its indexes. */
  bytes: number
}>

export type PartitionedTable = Readonly<{
  table: string
  /** As the table was made: `RANGE (viewed_at)`, `HASH (movie_id)`. */
  key: string
  partitions: readonly ListedPartition[]
}>

type Row = ListedPartition & Readonly<{ table: string; key: string }>

const question = `
  select t.relname as table, pg_get_partkeydef(t.oid) as key, c.relname as name,
    pg_get_expr(c.relpartbound, c.oid) as bound, pg_total_relation_size(c.oid)::float8 as bytes,
    case when s.n_live_tup > 0 or c.reltuples < 0 then s.n_live_tup else c.reltuples end::float8 as rows
  from pg_partitioned_table p
  join pg_class t on t.oid = p.partrelid and not t.relispartition
  join pg_namespace n on n.oid = t.relnamespace and n.nspname = current_schema()
  join pg_inherits i on i.inhparent = t.oid
  join pg_class c on c.oid = i.inhrelid
  left join pg_stat_user_tables s on s.relid = c.oid
  order by t.relname, (pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT'), length(c.relname), c.relname`

/** Finds every partitioned table of a database, whatever it is partitioned by, with its partitions. */
export const listPartitions = async (ask: Ask): Promise<readonly PartitionedTable[]> => {
  const rows = await ask<Row>(question)
  return [...Map.groupBy(rows, ({ table }) => table)].map(([table, parts]) => ({
    table,
    key: parts[0]?.key ?? '',
    partitions: parts.map(({ name, bound, rows: count, bytes }) => ({ name, bound, rows: count, bytes })),
  }))
}
