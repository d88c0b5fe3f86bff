import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'

/**
 * Whether ids belong to a set of one owner, for many ids in one statement.
 * @param owner      null: nobody asks, so nothing belongs
 * @param statement  takes the owner as $1 and the ids as $2, and gives the `id` of those that belong
 */
export const isInSetOf = (
  em: EntityManager,
  owner: string | null,
  statement: string,
): DataLoader<string, boolean> =>
  new DataLoader(async ids => {
    if (owner === null) return ids.map(() => false)
    const rows = await sqlRows<{ id: string }>(em, statement, [owner, ids])
    const members = new Set(rows.map(({ id }) => id))
    return ids.map(id => members.has(id))
  })

/**
 * Numbers by id, in one statement; 0 where there is no row.
 * @param statement  takes the ids as $1 and gives `id` and `count`
 */
export const countOf = (em: EntityManager, statement: string): DataLoader<string, number> =>
  new DataLoader(async ids => {
    const rows = await sqlRows<{ id: string; count: number }>(em, statement, [ids])
    const counts = new Map(rows.map(({ id, count }) => [id, count]))
    return ids.map(id => counts.get(id) ?? 0)
  })
