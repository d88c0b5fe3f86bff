import { sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import DataLoader from 'dataloader'

type Count = Readonly<{ id: string; count: number }>

/**
 * Whether ids belong to a set of one owner, for many ids in one statement.
 * @param owner      null: nobody asks, so nothing belongs
 * @param statement  takes the owner as $1 and the ids as $2, and gives the `id` of those that belong
 */
export const isInSetOf = (
  database: ShardedDatabase,
  owner: string | null,
  statement: string,
): DataLoader<string, boolean> =>
  new DataLoader(async ids => {
    if (owner === null) return ids.map(() => false)
    const read = async (em: EntityManager): Promise<ReadonlySet<string>[]> => {
      const rows = await sqlRows<{ id: string }>(em, statement, [owner, ids])
      return [new Set(rows.map(({ id }) => id))]
    }
    const [members] = await database.byShard<ReadonlySet<string>>([owner], read)
    return ids.map(id => (members instanceof Error ? members : members?.has(id) === true))
  })

/**
 * Numbers by owner, in one statement a shard; 0 where there is no row.
 * @param statement  takes the owners as $1 and gives `id` and `count`
 */
export const countOfOwner = (database: ShardedDatabase, statement: string): DataLoader<string, number> =>
  new DataLoader(owners =>
    database.byShard<number>(owners, async (em, some) => {
      const rows = await sqlRows<Count>(em, statement, [some])
      const counts = new Map(rows.map(({ id, count }) => [id, count]))
      return some.map(owner => counts.get(owner) ?? 0)
    }),
  )

/**
 * Numbers that every shard has a part of: one statement on each. While a shard cannot say its part, nobody knows the
 * sum: a load rejects with SHARD_UNAVAILABLE rather than give a smaller one.
 * @param statement  takes the ids as $1 and the buckets to count as $2, and gives `id` and `count`
 */
export const sumOverShards = (database: ShardedDatabase, statement: string): DataLoader<string, number> =>
  new DataLoader(async ids => {
    const { answers, failures } = await database.scatter((em, _shard, buckets) =>
      sqlRows<Count>(em, statement, [ids, buckets]),
    )
    const [failure] = failures
    if (failure !== undefined) return ids.map(() => failure)
    const counts = new Map<string, number>()
    for (const { id, count } of answers.flat()) counts.set(id, (counts.get(id) ?? 0) + count)
    return ids.map(id => counts.get(id) ?? 0)
  })
