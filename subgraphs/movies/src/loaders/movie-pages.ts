import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import { movieColumns, type MovieRow } from '../entities/movie.ts'
import { conditionsOf, type MovieFilter } from './movie-filter.ts'
import { movieOrders, type MovieOrder, type MoviePosition } from './movie-orders.ts'

export type MoviePage = Readonly<{
  filter: MovieFilter
  order: MovieOrder
  limit: number
  after: MoviePosition | null
}>

/** A movie with what its order looks at. */
export type MovieInOrder = MovieRow & Readonly<{ position: string | number | null }>

const pageSql = ({
  filter,
  order,
  limit,
  after,
}: MoviePage): Readonly<{ sql: string; params: readonly unknown[] }> => {
  const { column, type, nullable } = movieOrders[order.field]
  const params: unknown[] = []
  const bind = (value: unknown): string => `$${params.push(value)}`
  const conditions = conditionsOf(filter, params)
  const size = bind(limit)
  const direction = order.direction.toLowerCase()
  const comparison = order.direction === 'ASC' ? '>' : '<'
  const from = `select ${movieColumns}, m.${column} as position from movie m where ${conditions}`

  // Movies without a value come last in both directions. Read apart, each part is one range of one index, walked
  // forwards or backwards, wherever in the list the page lies.
  const parts: string[] = []
  if (after === null || after.value !== null) {
    const start =
      after === null
        ? ''
        : `and (m.${column}, m.id) ${comparison} (${bind(after.value)}::${type}, ${bind(after.id)}::uuid)`
    parts.push(
      `(${from} and m.${column} is not null ${start} order by m.${column} ${direction}, m.id ${direction} limit ${size})`,
    )
  }
  if (nullable) {
    const start = after?.value === null ? `and m.id ${comparison} ${bind(after.id)}::uuid` : ''
    parts.push(`(${from} and m.${column} is null ${start} order by m.id ${direction} limit ${size})`)
  }
  const sql = `select * from (${parts.join(' union all ')}) page
    order by position ${direction} nulls last, id ${direction} limit ${size}`
  return { sql, params }
}

/** Pages of all movies, filtered and ordered: one statement for each page that is not like another. */
export const moviePages = (em: EntityManager): DataLoader<MoviePage, readonly MovieInOrder[], string> =>
  new DataLoader(
    pages =>
      Promise.all(
        pages.map(page => {
          const { sql, params } = pageSql(page)
          return sqlRows<MovieInOrder>(em, sql, params)
        }),
      ),
    { cacheKeyFn: page => JSON.stringify(page) },
  )

/** How many movies a filter lets through. */
export const movieCounts = (em: EntityManager): DataLoader<MovieFilter, number, string> =>
  new DataLoader(
    filters =>
      Promise.all(
        filters.map(async filter => {
          const params: unknown[] = []
          const sql = `select count(*) as count from movie m where ${conditionsOf(filter, params)}`
          const [row] = await sqlRows<{ count: number }>(em, sql, params)
          return row?.count ?? 0
        }),
      ),
    { cacheKeyFn: filter => JSON.stringify(filter) },
  )
