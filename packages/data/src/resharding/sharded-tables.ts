import type { ShardConnection } from './shard-connection.ts'

export type Column = Readonly<{ name: string; type: string; isNotNull: boolean; isGenerated: boolean }>

/** A table whose rows belong to buckets. */
export type ShardedTable = Readonly<{
  /** Quoted where needed, with its schema. */
  name: string
  columns: readonly Column[]
  /** Relations that hold rows: itself, or its partitions; also those below partitions. */
  leaves: readonly Readonly<{ name: string; identity: readonly string[] }>[]
  bytes: number
}>

type Row = Readonly<{
  name: string
  columns: ShardedTable['columns'] | null
  leaves: ShardedTable['leaves'] | null
  bytes: number
}>

// A trigger on a partitioned table is repeated on its partitions, as a child.
const question = `
  with fenced as (
    select distinct tgrelid as id from pg_trigger
    where tgfoid = to_regproc('marquee.fence') and not tgisinternal and tgparentid = 0 and tgenabled in ('O', 'A')
  ),
  leaf as (
    select fenced.id, tree.relid from fenced, lateral (
      select relid from pg_partition_tree(fenced.id) where isleaf
      union select fenced.id where (select relkind from pg_class where oid = fenced.id) = 'r'
    ) tree
  )
  select fenced.id::regclass::text as name,
    (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
        'isNotNull', attnotnull, 'isGenerated', attgenerated <> '') order by attname)
      from pg_attribute where attrelid = fenced.id and attnum > 0 and not attisdropped) as columns,
    (select json_agg(json_build_object('name', leaf.relid::regclass::text, 'identity', coalesce((
        select json_agg(attname order by attname) from pg_attribute
        where attrelid = leaf.relid and attnum > 0 and not attisdropped and case relreplident
          when 'f' then true
          when 'd' then attnum = any((select indkey::int2[] from pg_index where indrelid = leaf.relid and indisprimary)::int2[])
          when 'i' then attnum = any((select indkey::int2[] from pg_index where indrelid = leaf.relid and indisreplident)::int2[])
          else false end), '[]'::json)) order by leaf.relid::regclass::text)
      from leaf join pg_class on pg_class.oid = leaf.relid where leaf.id = fenced.id) as leaves,
    (select coalesce(sum(pg_total_relation_size(relid)), 0)::int8 from leaf where leaf.id = fenced.id) as bytes
  from fenced order by 1`

/** Every table that carries the fence's trigger: those whose rows move with their bucket. */
export const shardedTables = async (shard: ShardConnection): Promise<readonly ShardedTable[]> => {
  const rows = await shard.rows<Row>(question)
  return rows.map(({ name, columns, leaves, bytes }) =>
    Object.freeze({ name, columns: columns ?? [], leaves: leaves ?? [], bytes }),
  )
}

const printColumn = ({ type, isNotNull, isGenerated }: Column): string =>
  `${type}${isNotNull ? ' not null' : ''}${isGenerated ? ' generated' : ''}`

const differences = (source: ShardedTable, target: ShardedTable): readonly string[] => {
  const there = new Map(target.columns.map(column => [column.name, printColumn(column)]))
  const here = new Map(source.columns.map(column => [column.name, printColumn(column)]))
  return [
    ...[...here].flatMap(([name, type]) => {
      const other = there.get(name)
      if (other === undefined) return [`the target's ${source.name} has no column ${name}`]
      return other === type ? [] : [`${source.name}.${name} is ${type} on the source, ${other} on the target`]
    }),
    ...[...there.keys()].flatMap(name =>
      here.has(name) ? [] : [`the target's ${source.name} has a column ${name} that the source's has not`],
    ),
  ]
}

const unready = (table: ShardedTable, side: string): readonly string[] => {
  const bucket = table.columns.find(({ name }) => name === 'bucket')
  if (bucket === undefined) return [`${table.name} has no column bucket on the ${side}`]
  // A publication gives no generated columns, and a row filter could not see it.
  if (bucket.isGenerated) return [`${table.name}.bucket is a generated column on the ${side}`]
  return table.leaves.flatMap(({ name, identity }) =>
    identity.includes('bucket')
      ? []
      : [
          `the replica identity of ${name} on the ${side} does not hold bucket: make bucket part of its primary key, or of a unique index, and \`alter table ${name} replica identity using index …\``,
        ],
  )
}

/** What keeps rows of these tables from being copied from one shard to the other; empty when nothing does. */
export const compareTables = (
  source: readonly ShardedTable[],
  target: readonly ShardedTable[],
): readonly string[] => {
  if (source.length === 0)
    return ['no table on the source carries the fence (`marquee.shard_table`): run the migrations']
  const there = new Map(target.map(table => [table.name, table]))
  return source.flatMap(table => {
    const other = there.get(table.name)
    if (other === undefined)
      return [`the target has no table ${table.name}, or none with the fence: run the migrations there`]
    const problems = differences(table, other)
    return problems.length > 0 ? problems : [...unready(table, 'source'), ...unready(other, 'target')]
  })
}
