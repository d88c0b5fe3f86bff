import type { Check } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'bloated-index'

type Row = Readonly<{ schema: string; index: string; bytes: number; needed: number }>

// Estimated from statistics: a row in a B-tree takes its keys, 8 bytes of header, 4 of pointer, rounded up to 8; a
// page of 8 kB is filled to 90 %. PostgreSQL stores equal keys once, so what is needed is rather less than this says,
// and what is found is bloated indeed. pgstatindex() would be exact, and read the whole index.
const sql = `
  select schema, index, bytes, (pages_needed * block)::bigint as needed from (
    select n.nspname as schema, c.relname as index, pg_relation_size(c.oid) as bytes, b.block,
           ceil(c.reltuples * (ceil((8 + w.width) / 8.0) * 8 + 4)
             / ((b.block - 40) * coalesce((select option_value::int from pg_options_to_table(c.reloptions)
                                            where option_name = 'fillfactor'), 90) / 100.0)) + 1 as pages_needed
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
      join pg_namespace n on n.oid = c.relnamespace
      join pg_am am on am.oid = c.relam and am.amname = 'btree'
      cross join (select current_setting('block_size')::int as block) b
      cross join lateral (
        select sum(s.avg_width) as width, count(*) as known from pg_attribute a
          left join pg_stats s on s.schemaname = n.nspname and s.attname = a.attname
                              and s.tablename in (t.relname, c.relname)
         where a.attrelid = case when a.attnum > 0 then t.oid end and a.attnum = any(i.indkey::int[])
           and s.avg_width is not null) w
     where c.relkind = 'i' and i.indisvalid and i.indexprs is null and w.known = i.indnatts and c.reltuples >= 0
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema') each
   where bytes >= $1 and bytes > pages_needed * block * $2
   order by bytes desc`

/** B-tree indexes that take much more room than their rows need. */
export const bloatedIndexes: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const rows = await connection.rows<Row>(sql, [thresholds.minIndexBytes, thresholds.bloat])
    return rows.map(({ schema, index, bytes, needed }) => ({
      check: name,
      severity: 'warning' as const,
      object: sqlNameOf(schema, index),
      evidence: `${(bytes / 1e6).toFixed(1)} MB, where its rows need about ${(needed / 1e6).toFixed(1)} MB`,
      cost: `${((bytes - needed) / 1e6).toFixed(1)} MB of disk and of cache`,
      // Keeps nobody waiting, but reads and writes the whole index: for a quiet hour, so not by itself.
      sql: [`reindex index concurrently ${sqlNameOf(schema, index)}`],
      isSafe: false,
    }))
  },
}
