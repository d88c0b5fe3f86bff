import { quoteName } from '../doctor/quote.ts'
import type { ShardConnection } from './shard-connection.ts'
import type { ShardedTable } from './sharded-tables.ts'

/** By table and bucket: how many rows there are, and a sum over their content that any difference changes. */
export type Checksums = ReadonlyMap<string, string>

// As text and by name: neither the order of the columns nor ids of types need be the same on both sides.
const sumOf = (table: ShardedTable): string => {
  const row = table.columns.map(({ name }) => quoteName(name)).join(', ')
  return `select ${quote(table.name)} as name, bucket, count(*)::int8 as rows,
    sum(hashtextextended(row(${row})::text collate "C", 0))::text as sum
    from ${table.name} where bucket = any($1) group by bucket`
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Counts and adds up the rows of some buckets. Reads them all. */
export const checksums = async (
  shard: ShardConnection,
  tables: readonly ShardedTable[],
  buckets: readonly number[],
  timeoutMs?: number,
): Promise<Checksums> => {
  const rows = await shard.rows<{ name: string; bucket: number; rows: number; sum: string }>(
    tables.map(sumOf).join(' union all '),
    [buckets],
    timeoutMs,
  )
  return new Map(rows.map(row => [`${row.name}, bucket ${row.bucket}`, `${row.rows} rows, sum ${row.sum}`]))
}

/** The first place where two sides differ; undefined when they are the same. */
export const firstDifference = (
  source: Checksums,
  target: Checksums,
): Readonly<{ where: string; source: string; target: string }> | undefined => {
  for (const where of new Set([...source.keys(), ...target.keys()])) {
    const here = source.get(where) ?? '0 rows'
    const there = target.get(where) ?? '0 rows'
    if (here !== there) return { where, source: here, target: there }
  }
  return undefined
}

/** All rows may have to be read. */
const countTimeoutMs = 900_000

/** Rows of each table, and of each bucket over all tables. */
export type RowCounts = Readonly<{
  byTable: ReadonlyMap<string, number>
  byBucket: ReadonlyMap<number, number>
  total: number
}>

/** Counts the rows of some buckets. Reads an index only where there is one on `bucket`. */
export const countRows = async (
  shard: ShardConnection,
  tables: readonly ShardedTable[],
  buckets: readonly number[],
): Promise<RowCounts> => {
  const counts = tables.map(
    ({ name }) =>
      `select ${quote(name)} as name, bucket, count(*)::int8 as rows from ${name} where bucket = any($1) group by bucket`,
  )
  const rows = await shard.rows<{ name: string; bucket: number; rows: number }>(
    counts.join(' union all '),
    [buckets],
    countTimeoutMs,
  )
  const byTable = new Map(tables.map(({ name }) => [name, 0]))
  const byBucket = new Map<number, number>()
  let total = 0
  for (const { name, bucket, rows: count } of rows) {
    byTable.set(name, (byTable.get(name) ?? 0) + count)
    byBucket.set(bucket, (byBucket.get(bucket) ?? 0) + count)
    total += count
  }
  return { byTable, byBucket, total }
}
