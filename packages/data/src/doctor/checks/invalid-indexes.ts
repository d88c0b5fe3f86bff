import type { Check } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'invalid-index'

type Row = Readonly<{ schema: string; index: string; table: string; bytes: number; partitioned: boolean }>

const sql = `
  select n.nspname as schema, c.relname as index, t.relname as table,
         pg_relation_size(c.oid) as bytes, c.relkind = 'I' as partitioned
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace
   where not i.indisvalid and n.nspname not in ('pg_toast', 'pg_catalog')
     and not exists (select from pg_stat_progress_create_index p where p.index_relid = c.oid)
   order by 1, 2`

/** Indexes that a CREATE INDEX CONCURRENTLY left behind when it failed: written to, and never read. */
export const invalidIndexes: Check = {
  name,
  run: async connection =>
    (await connection.rows<Row>(sql)).map(({ schema, index, table, bytes, partitioned }) => ({
      check: name,
      severity: 'warning' as const,
      object: sqlNameOf(schema, index),
      evidence: partitioned
        ? 'not every partition has its part of it'
        : 'building it failed, or was broken off, and nothing builds it now',
      cost: `${(bytes / 1e6).toFixed(1)} MB and a write with each write to ${table}; no statement may read it`,
      sql: partitioned
        ? [`drop index ${sqlNameOf(schema, index)}`]
        : [`drop index concurrently ${sqlNameOf(schema, index)}`],
      codeChange: 'Or finish it: `reindex index concurrently`, or attach the parts that are missing.',
      isSafe: false,
    })),
}
