import type { Check, Finding } from '../check.ts'
import { createIndexSql } from '../create-index-sql.ts'
import { readRelation } from '../relation.ts'

const name = 'unindexed-foreign-key'

type Row = Readonly<{
  constraint: string
  schema: string
  table: string
  target: string
  columns: readonly string[]
}>

// An index serves a key when it begins with one of its columns and holds the others, in whatever place.
const sql = `
  select k.conname as constraint, n.nspname as schema, t.relname as table, k.confrelid::regclass::text as target,
         (select array_agg(a.attname::text order by c.at) from unnest(k.conkey) with ordinality c (attnum, at)
            join pg_attribute a on a.attrelid = t.oid and a.attnum = c.attnum) as columns
    from pg_constraint k join pg_class t on t.oid = k.conrelid join pg_namespace n on n.oid = t.relnamespace
   where k.contype = 'f' and k.conparentid = 0 and n.nspname !~ '^pg_'
     and not exists (
       select from pg_index i where i.indrelid = t.oid and i.indisvalid and i.indpred is null
          and k.conkey @> (i.indkey::int2[])[0:0] and (i.indkey::int2[])[0:i.indnkeyatts - 1] @> k.conkey)
   order by 1`

/** Foreign keys of big tables without an index: deleting what they point to reads the whole table. */
export const unindexedForeignKeys: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const findings: Finding[] = []
    for (const { constraint, schema, table, target, columns } of await connection.rows<Row>(sql)) {
      const relation = await readRelation(connection, schema, table)
      if (relation === null || relation.rows < thresholds.bigTableRows) continue
      const indexSql = createIndexSql(
        relation,
        columns.map(column => ({ column })),
      )
      findings.push({
        check: name,
        severity: 'warning',
        object: `${relation.sqlName}.${constraint}`,
        evidence: `no index of ${relation.sqlName} (about ${relation.rows} rows) serves ${columns.join(', ')}`,
        cost: `each deletion from ${target}, and each change of its key, reads all of ${relation.sqlName}`,
        sql: indexSql,
        isSafe: !relation.isNested,
      })
    }
    return findings
  },
}
