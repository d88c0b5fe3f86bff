import type { DoctorConnection } from './connection.ts'
import { quoteName } from './quote.ts'

/** A table as the doctor needs it; a partition stands for the whole table that it is part of. */
export type Relation = Readonly<{
  schema: string
  name: string
  /** As SQL names it: quoted, and with its schema unless that is public. */
  sqlName: string
  rows: number
  /** Of the partition that was asked for; of the whole table when that was. */
  ownRows: number
  columns: readonly string[]
  /** Columns of each valid index in order, up to the first expression; partial indexes are left out. */
  indexes: readonly (readonly string[])[]
  /** Its partitions as SQL names them, all levels; empty for a plain table. */
  leaves: readonly string[]
  /** Partitions of partitions: an index must then be built level by level. */
  isNested: boolean
}>

export const sqlNameOf = (schema: string, name: string): string =>
  schema === 'public' ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`

const sql = `
  with root as (
    select coalesce(pg_partition_root(t.oid), t.oid)::oid as oid
      from pg_class t join pg_namespace n on n.oid = t.relnamespace where n.nspname = $1 and t.relname = $2),
  member as (
    select c.oid, n.nspname, c.relname, c.reltuples, c.relkind, coalesce(t.level, 0) as level
      from root cross join lateral (
        select relid, level from pg_partition_tree(root.oid) union select root.oid, 0) t
      join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace)
  select top.nspname as schema, top.relname as name,
         (select coalesce(sum(greatest(reltuples, 0)), 0)::bigint from member where relkind <> 'p') as rows,
         (select coalesce(sum(greatest(reltuples, 0)), 0)::bigint from member
           where relkind <> 'p' and (top.relname = $2 or (nspname = $1 and relname = $2))) as "ownRows",
         (select coalesce(array_agg(attname::text order by attnum), '{}') from pg_attribute
           where attrelid = top.oid and attnum > 0 and not attisdropped) as columns,
         (select coalesce(json_agg(keys), '[]') from (
            select (select json_agg(a.attname order by k.at) from unnest(i.indkey::int[]) with ordinality k (attnum, at)
                      left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum > 0
                     where k.at <= i.indnkeyatts) as keys
              from pg_index i where i.indrelid = top.oid and i.indisvalid and i.indpred is null) each) as indexes,
         (select coalesce(json_agg(json_build_array(nspname, relname) order by relname), '[]')
            from member where level > 0 and relkind <> 'p') as leaves,
         (select coalesce(bool_or(level > 1), false) from member) as "isNested"
    from member top where level = 0`

type Row = Omit<Relation, 'sqlName' | 'indexes' | 'leaves'> &
  Readonly<{ indexes: readonly (readonly (string | null)[])[]; leaves: readonly [string, string][] }>

/** @returns null when there is no such table */
export const readRelation = async (
  connection: DoctorConnection,
  schema: string,
  name: string,
): Promise<Relation | null> => {
  const [row] = await connection.rows<Row>(sql, [schema, name])
  if (row === undefined) return null
  const untilExpression = (keys: readonly (string | null)[]): readonly string[] => {
    const end = keys.indexOf(null)
    return (end === -1 ? keys : keys.slice(0, end)) as readonly string[]
  }
  return Object.freeze({
    ...row,
    sqlName: sqlNameOf(row.schema, row.name),
    indexes: row.indexes.map(untilExpression),
    leaves: row.leaves.map(([leafSchema, leaf]) => sqlNameOf(leafSchema, leaf)),
  })
}
