import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import { groupBy } from './group.ts'

/** How a list of children is read. `from` and `where` are SQL in which `p.id` is the parent. */
export type ChildList = Readonly<{
  columns: string
  from: string
  where: string
  /** What the order looks at, in turn; together they tell every two rows apart. All run in `direction`. */
  sort: readonly Readonly<{ sql: string; type: string }>[]
  direction: 'asc' | 'desc'
}>

/** One page of one parent's children: `limit` rows after the position `after`. */
export type ChildPage<Order extends string> = Readonly<{
  parent: string
  order: Order
  limit: number
  after: readonly unknown[] | null
}>

type SortValues = Readonly<Record<`sort${number}`, unknown>>

/** A row as it is read, with its place in the list. */
export type Child<Row> = Row & SortValues

/** The position of a row: what a cursor holds. */
export const positionOf = (row: SortValues, list: ChildList): readonly unknown[] =>
  list.sort.map((_, at) => row[`sort${at}`])

// A lateral subquery reads `limit` rows of one index range for each parent. PostgreSQL orders neither the parents nor,
// by its documentation, the rows of each, so both are ordered once more: they are few.
const pagesSql = ({ columns, from, where, sort, direction }: ChildList, isContinued: boolean): string => {
  const keys = sort.map(({ sql }) => sql)
  const position = sort.map(({ type }, at) => `$${at + 3}::${type}`)
  const comparison = direction === 'asc' ? '>' : '<'
  const after = isContinued ? `and (${keys.join(', ')}) ${comparison} (${position.join(', ')})` : ''
  return `select p.id as parent, child.*
    from unnest($1::uuid[]) as p (id) cross join lateral (
      select ${columns}, ${keys.map((sql, at) => `${sql} as sort${at}`).join(', ')}
        from ${from} where ${where} ${after}
       order by ${keys.map(sql => `${sql} ${direction}`).join(', ')}
       limit $2) child
   order by p.id, ${keys.map((_, at) => `child.sort${at} ${direction}`).join(', ')}`
}

/**
 * Pages of children for many parents: one statement for all pages that differ in nothing but the parent.
 * @param listOf  the list in each order
 */
export const childPages = <Row extends object, Order extends string>(
  em: EntityManager,
  listOf: (order: Order) => ChildList,
): DataLoader<ChildPage<Order>, readonly Child<Row>[], string> => {
  const shapeOf = ({ order, limit, after }: ChildPage<Order>): string => JSON.stringify([order, limit, after])
  const keyOf = (page: ChildPage<Order>): string => `${page.parent} ${shapeOf(page)}`

  const read = async (pages: readonly ChildPage<Order>[]): Promise<[string, readonly Child<Row>[]][]> => {
    const [first] = pages
    if (first === undefined) return []
    const { order, limit, after } = first
    const parents = pages.map(page => page.parent)
    const sql = pagesSql(listOf(order), after !== null)
    const rows = await sqlRows<Child<Row> & { parent: string }>(em, sql, [parents, limit, ...(after ?? [])])
    const byParent = groupBy(rows, row => row.parent)
    return pages.map(page => [keyOf(page), byParent.get(page.parent) ?? []])
  }
  return new DataLoader(
    async pages => {
      const alike = [...groupBy(pages, shapeOf).values()]
      const found = new Map((await Promise.all(alike.map(read))).flat())
      return pages.map(page => found.get(keyOf(page)) ?? [])
    },
    { cacheKeyFn: keyOf, maxBatchSize: 1000 },
  )
}

/** How many rows of `table` each parent has. */
export const childCounts = (
  em: EntityManager,
  table: string,
  parentColumn: string,
): DataLoader<string, number> =>
  new DataLoader(
    async parents => {
      const rows = await sqlRows<{ parent: string; count: number }>(
        em,
        `select ${parentColumn} as parent, count(*) as count from ${table}
          where ${parentColumn} = any($1::uuid[]) group by ${parentColumn}`,
        [parents],
      )
      const counts = new Map(rows.map(({ parent, count }) => [parent, count]))
      return parents.map(parent => counts.get(parent) ?? 0)
    },
    { maxBatchSize: 1000 },
  )
