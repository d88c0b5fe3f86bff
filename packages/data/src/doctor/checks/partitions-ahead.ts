import type { Check, Finding } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'partitions-ahead'

type Row = Readonly<{
  schema: string
  table: string
  last: string
  missing: readonly Missing[]
  hasDefault: boolean
}>
type Missing = Readonly<{ suffix: string; from: string; to: string }>

// A table that is partitioned by range of one date or time. The last partition says how wide the next ones are: a
// month where it ends a month after its beginning, else as long as it is.
const sql = `
  with bound as (
    select p.partrelid as id, substring(b.text from $$FROM \\('([^']+)'\\)$$) as low,
           substring(b.text from $$TO \\('([^']+)'\\)$$) as high
      from pg_partitioned_table p join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
      join pg_inherits i on i.inhparent = p.partrelid join pg_class c on c.oid = i.inhrelid
      cross join lateral (select pg_get_expr(c.relpartbound, c.oid) as text) b
     where p.partstrat = 'r' and p.partnatts = 1
       and a.atttypid in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)),
  last as (
    select distinct on (id) id, low::timestamp as low, high::timestamp as high
      from bound where high is not null and low is not null order by id, high::timestamp desc),
  width as (
    select *, case when low + interval '1 month' = high then interval '1 month' else high - low end as each from last)
  select n.nspname as schema, t.relname as table, to_char(w.high, 'YYYY-MM-DD HH24:MI') as last,
         (select p.partdefid <> 0 from pg_partitioned_table p where p.partrelid = t.oid) as "hasDefault",
         (select json_agg(json_build_object(
             'suffix', to_char(start, case when w.each = interval '1 month' then 'YYYY_MM' else 'YYYY_MM_DD' end),
             'from', to_char(start, 'YYYY-MM-DD HH24:MI:SS'), 'to', to_char(start + w.each, 'YYYY-MM-DD HH24:MI:SS'))
             order by start)
            from generate_series(w.high, greatest(w.high, now()::timestamp + $1 * w.each), w.each) start
           where start <= now()::timestamp + $1 * w.each) as missing
    from width w join pg_class t on t.oid = w.id join pg_namespace n on n.oid = t.relnamespace
   where w.high <= now()::timestamp + $1 * w.each
   order by 1, 2`

const midnight = (moment: string): string => moment.replace(/ 00:00:00$/, '')

/** Tables partitioned by time that have too few partitions ahead of now. */
export const partitionsAhead: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const rows = await connection.rows<Row>(sql, [thresholds.partitionsAhead])
    return rows.map(({ schema, table, last, missing, hasDefault }): Finding => {
      const object = sqlNameOf(schema, table)
      const isLate = new Date(`${last}Z`) <= new Date()
      return {
        check: name,
        severity: isLate ? 'critical' : 'warning',
        object,
        evidence: `its last partition ends at ${last}; wanted are ${thresholds.partitionsAhead} beyond the current one`,
        cost: hasDefault
          ? 'rows gather in the default partition, from where they must be moved'
          : 'from then on, inserts fail',
        sql: missing.map(
          ({ suffix, from, to }) =>
            `create table ${sqlNameOf(schema, `${table}_${suffix}`)} partition of ${object} for values from ('${midnight(from)}') to ('${midnight(to)}')`,
        ),
        // With a default partition, all of it is read under a lock.
        isSafe: !hasDefault,
      }
    })
  },
}
