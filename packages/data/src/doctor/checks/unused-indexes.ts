import type { Check } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'unused-index'

type Row = Readonly<{
  schema: string
  index: string
  table: string
  bytes: number
  since: string
  partitioned: boolean
}>

// Partitions count for the index of the whole table. What holds a constraint, or tells rows apart for replication, is
// of use without being read.
const sql = `
  select n.nspname as schema, top.relname as index, t.relname as table, top.relkind = 'I' as partitioned,
         sum(pg_relation_size(part.oid))::bigint as bytes,
         to_char(coalesce(max(d.stats_reset), pg_postmaster_start_time()), 'YYYY-MM-DD HH24:MI') as since
    from pg_index i join pg_class top on top.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    join pg_namespace n on n.oid = top.relnamespace
    join pg_stat_database d on d.datname = current_database()
    cross join lateral (
      select relid as oid from pg_partition_tree(top.oid) union select top.oid) part
    left join pg_stat_all_indexes s on s.indexrelid = part.oid
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not top.relispartition
     and coalesce(d.stats_reset, pg_postmaster_start_time()) <= clock_timestamp() - make_interval(secs => $2::float8 * 86400)
     and i.indisvalid and not i.indisunique and not i.indisprimary and not i.indisexclusion and not i.indisreplident
     and not exists (select from pg_constraint c where c.conindid = top.oid)
   group by 1, 2, 3, 4
  having coalesce(sum(s.idx_scan), 0) = 0 and sum(pg_relation_size(part.oid)) >= $1
   order by bytes desc`

/** Indexes that no statement has read since the statistics began. */
export const unusedIndexes: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const rows = await connection.rows<Row>(sql, [thresholds.minIndexBytes, thresholds.unusedDays])
    return rows.map(({ schema, index, table, bytes, since, partitioned }) => ({
      check: name,
      severity: 'info' as const,
      object: sqlNameOf(schema, index),
      evidence: `never read here since ${since}. Readers count for themselves: look there as well before it goes`,
      cost: `${(bytes / 1e6).toFixed(1)} MB, and a write to it with most writes to ${table}`,
      sql: [`drop index ${partitioned ? '' : 'concurrently '}${sqlNameOf(schema, index)}`],
      isSafe: false,
    }))
  },
}
