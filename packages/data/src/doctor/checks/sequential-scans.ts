import type { Check } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'sequential-scans'

type Row = Readonly<{
  schema: string
  table: string
  live: number
  scans: number
  read: number
  indexed: number
}>

const sql = `
  select schemaname as schema, relname as table, n_live_tup as live, seq_scan as scans, seq_tup_read as read,
         coalesce(idx_scan, 0) as indexed
    from pg_stat_user_tables
   where n_live_tup >= $1 and seq_scan >= $2 and seq_tup_read >= seq_scan * n_live_tup / 2
     and seq_scan > coalesce(idx_scan, 0) / 100
   order by seq_tup_read desc`

/** Big tables that are read from end to end again and again, by whatever statement. */
export const sequentialScans: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const rows = await connection.rows<Row>(sql, [thresholds.bigTableRows, thresholds.minCalls])
    return rows.map(({ schema, table, live, scans, read, indexed }) => ({
      check: name,
      severity: 'warning' as const,
      object: sqlNameOf(schema, table),
      evidence: `about ${live} rows, read from end to end ${scans} times, by an index ${indexed} times`,
      cost: `${read} rows read so; all of the table passes through the cache each time`,
      codeChange: 'The findings missing-index name the statements that do it and what would spare it.',
      isSafe: false,
    }))
  },
}
