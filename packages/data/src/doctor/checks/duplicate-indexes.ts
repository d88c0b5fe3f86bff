import type { Check } from '../check.ts'
import { sqlNameOf } from '../relation.ts'

const name = 'duplicate-index'

type Row = Readonly<{
  schema: string
  index: string
  by: string
  bytes: number
  same: boolean
  partitioned: boolean
}>

// `extra` can be spared when the keys of `kept` begin with all of its own, in the same order, with the same operators,
// collations and directions, over the same rows. A unique index enforces something, so it goes only for its equal.
const sql = `
  with each as (
    select i.indexrelid as id, i.indrelid, c.relname, n.nspname, c.relam, c.relkind, i.indisunique, i.indnkeyatts as keys,
           i.indnatts as attributes,
           i.indkey::int[] as columns, i.indclass::oid[] as classes, i.indcollation::oid[] as collations,
           i.indoption::int[] as options, coalesce(pg_get_expr(i.indexprs, i.indrelid), '') as expressions,
           coalesce(pg_get_expr(i.indpred, i.indrelid), '') as predicate,
           exists (select from pg_constraint k where k.conindid = i.indexrelid) or i.indisreplident as is_bound
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where i.indisvalid and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
  select extra.nspname as schema, extra.relname as index, kept.relname as by, extra.relkind = 'I' as partitioned,
         (select sum(pg_relation_size(oid)) from (
            select relid as oid from pg_partition_tree(extra.id) union select extra.id) part)::bigint as bytes,
         kept.keys = extra.keys as same
    from each extra join each kept on kept.indrelid = extra.indrelid and kept.id <> extra.id
   where kept.relam = extra.relam and kept.predicate = extra.predicate and not extra.is_bound
     and extra.attributes = extra.keys and kept.keys >= extra.keys
     and kept.columns[0:extra.keys - 1] = extra.columns[0:extra.keys - 1]
     and kept.classes[0:extra.keys - 1] = extra.classes[0:extra.keys - 1]
     and kept.collations[0:extra.keys - 1] = extra.collations[0:extra.keys - 1]
     and kept.options[0:extra.keys - 1] = extra.options[0:extra.keys - 1]
     and (extra.expressions = kept.expressions or not 0 = any(kept.columns))
     and (not extra.indisunique or (kept.indisunique and kept.keys = extra.keys))
     and (extra.relam = (select oid from pg_am where amname = 'btree') or kept.keys = extra.keys)
     -- Of two equals one stays: what is unique or bound, else the older.
     and (kept.keys > extra.keys or (kept.is_bound or kept.indisunique, -kept.id::bigint)
                                     > (extra.is_bound or extra.indisunique, -extra.id::bigint))
   order by 1, 2, 3`

/** Indexes whose work another index does as well: equal ones, and those that are the beginning of another. */
export const duplicateIndexes: Check = {
  name,
  run: async connection => {
    const rows = await connection.rows<Row>(sql)
    const first = new Map(rows.toReversed().map(row => [sqlNameOf(row.schema, row.index), row]))
    return [...first].toReversed().map(([object, { by, bytes, same, partitioned }]) => ({
      check: name,
      severity: 'warning' as const,
      object,
      evidence: same ? `has the same keys as ${by}` : `its keys are the first keys of ${by}`,
      cost: `${(bytes / 1e6).toFixed(1)} MB, and a write more with most writes to its table`,
      sql: [`drop index ${partitioned ? '' : 'concurrently '}${object}`],
      isSafe: false,
    }))
  },
}
