import type { Check } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'stale-statistics'

type Row = Readonly<{
  schema: string
  table: string
  live: number
  modified: number
  analysed: string | null
}>

// A partitioned table has statistics of its own, which autovacuum never gathers.
const sql = `
  with part as (
    select t.oid, sum(s.n_live_tup)::bigint as live from pg_class t cross join lateral pg_partition_tree(t.oid) p
      join pg_stat_user_tables s on s.relid = p.relid and p.isleaf where t.relkind = 'p' group by t.oid)
  select s.schemaname as schema, s.relname as table, n_live_tup as live, n_mod_since_analyze as modified,
         to_char(greatest(last_analyze, last_autoanalyze), 'YYYY-MM-DD HH24:MI') as analysed
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
   where c.relkind in ('r', 'm') and n_live_tup >= 1000
     and (greatest(last_analyze, last_autoanalyze) is null or n_mod_since_analyze > 1000 + $1::float8 * n_live_tup)
  union all
  select n.nspname, c.relname, part.live, 0, null
    from part join pg_class c on c.oid = part.oid join pg_namespace n on n.oid = c.relnamespace
   where c.reltuples < 0 and part.live >= 1000
   order by 3 desc`

/** Tables whose statistics tell the planner of another time, or that have none. */
export const staleStatistics: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const rows = await connection.rows<Row>(sql, [thresholds.modifiedShare])
    return rows.map(({ schema, table, live, modified, analysed }) => ({
      check: name,
      severity: 'warning' as const,
      object: sqlNameOf(schema, table),
      evidence:
        analysed === null
          ? `about ${live} rows, never analysed`
          : `${modified} of about ${live} rows changed since ${analysed}`,
      cost: 'plans are made on wrong sizes: the wrong index, the wrong kind of join',
      sql: [`analyze ${sqlNameOf(schema, table)}`],
      isSafe: true,
    }))
  },
}
