import { sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import DataLoader from 'dataloader'
import { readByOwner } from '../shards/read-by-owner.ts'
import type { Position } from './position.ts'

/** One page of one owner's list. */
export type PageKey = Readonly<{ owner: string; limit: number; after: Position | null }>

/** A row of a list: its id, and the moment it is ordered by. */
export type PageRow = Readonly<{ id: string; at: Date }>

/** Where a list is kept. `owner`, `at` and `id` must lead an index in this order. */
export type PagedTable = Readonly<{
  table: string
  owner: string
  at: string
  id: string
  /** Further columns of a row. */
  columns?: readonly string[]
}>

// Sorts after every row, so that the first page needs no condition of its own and the index is entered at its end.
const newest = 'infinity'
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Each page has its own size and start in the statement, so pages with different arguments still take only one. */
const pageStatement = ({ table, owner, at, id, columns = [] }: PagedTable): string => `
  select page.number::int as page, item.*
  from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::uuid[]) with ordinality
    as page (owner, size, after_at, after_id, number)
  cross join lateral (
    select ${[`${id} as id`, `${at} as at`, ...columns].join(', ')}
    from ${table}
    where ${owner} = page.owner and (${at}, ${id}) < (page.after_at, page.after_id)
    order by ${at} desc, ${id} desc
    limit page.size
  ) item
  order by page.number, item.at desc, item.id desc`

/**
 * Pages of lists, newest first, for many owners in one statement a shard.
 * @returns a loader that gives up to `limit` rows after the position `after`
 */
export const pageLoader = <Row extends PageRow>(
  database: ShardedDatabase,
  paged: PagedTable,
): DataLoader<PageKey, readonly Row[], string> => {
  const statement = pageStatement(paged)
  const read = async (em: EntityManager, keys: readonly PageKey[]): Promise<readonly Row[][]> => {
    const rows = await sqlRows<Row & { page: number }>(em, statement, [
      keys.map(({ owner }) => owner),
      keys.map(({ limit }) => limit),
      keys.map(({ after }) => (after === null ? newest : new Date(after[0]).toISOString())),
      keys.map(({ after }) => after?.[1] ?? lastId),
    ])
    const pages = keys.map((): Row[] => [])
    for (const row of rows) pages[row.page - 1]?.push(row)
    return pages
  }
  return new DataLoader<PageKey, readonly Row[], string>(
    keys => readByOwner<PageKey, readonly Row[]>(database, keys, ({ owner }) => owner, read),
    { cacheKeyFn: ({ owner, limit, after }) => `${owner} ${limit} ${after?.join(' ')}` },
  )
}
