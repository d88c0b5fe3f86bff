import type { Check } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'sequence-near-end'

type Row = Readonly<{
  schema: string
  sequence: string
  used: number
  last: string
  most: string
  column: string | null
}>

// A sequence counts in bigint by default while its column may be an integer: the narrower of the two is the end.
const sql = `
  select n.nspname as schema, c.relname as sequence, s.last_value::text as last, least(s.max_value, limits.most)::text as most,
         (s.last_value::numeric / least(s.max_value, limits.most))::float8 as used, limits.column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_sequences s on s.schemaname = n.nspname and s.sequencename = c.relname
    left join lateral (
      select t.relname || '.' || a.attname as column,
             case a.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647
                             else 9223372036854775807 end as most
        from pg_depend d join pg_class t on t.oid = d.refobjid
        join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
       where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
       limit 1) limits on true
   where c.relkind = 'S' and s.increment_by > 0 and not s.cycle and s.last_value is not null
     and s.last_value::numeric >= least(s.max_value, limits.most) * $1::numeric
   order by used desc`

const idsSql = `
  select n.nspname as schema, t.relname as table, a.attname as column,
         case a.atttypid when 'int2'::regtype then 32767 else 2147483647 end as most
    from pg_index i join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
   where i.indisprimary and i.indnatts = 1 and not t.relispartition and n.nspname !~ '^pg_'
     and a.atttypid in ('int2'::regtype, 'int4'::regtype)
     and pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(t.relname), a.attname) is null`

type Id = Readonly<{ schema: string; table: string; column: string; most: number }>

const codeChange =
  'Widen the column to bigint: a second column, filled in batches and swapped, since `alter column type` rewrites the table under a lock.'

const percent = (used: number): string => `${(used * 100).toFixed(1)} %`

/** Sequences, and integer keys without one, that are about to run out. */
export const sequencesNearEnd: Check = {
  name,
  run: async (connection, { thresholds: { sequenceShare } }) => {
    const rows = await connection.rows<Row>(sql, [sequenceShare])
    const finding = (object: string, used: number, evidence: string) => ({
      check: name,
      severity: used > 0.9 ? ('critical' as const) : ('warning' as const),
      object,
      evidence,
      cost: 'at its end every insert fails',
      codeChange,
      isSafe: false,
    })
    const findings = rows.map(({ schema, sequence, used, last, most, column }) => {
      const owner = column === null ? '' : ` of ${column}`
      return finding(
        sqlNameOf(schema, sequence),
        used,
        `at ${last} of ${most}${owner}: ${percent(used)} used`,
      )
    })
    for (const { schema, table, column, most } of await connection.rows<Id>(idsSql)) {
      const [row] = await connection.rows<{ last: number | null }>(
        `select max(${sqlNameOf('public', column)}) as last from ${sqlNameOf(schema, table)}`,
      )
      const used = (row?.last ?? 0) / most
      if (used < sequenceShare) continue
      findings.push(
        finding(
          `${sqlNameOf(schema, table)}.${column}`,
          used,
          `at ${row?.last} of ${most}: ${percent(used)} used`,
        ),
      )
    }
    return findings
  },
}
