import { bucketOf, type EntityManager, type ShardedDatabase } from '@marquee/data'

/** What the shards gave, and the items that a shard did not take, each with its error. */
export type Written<Item, Row> = Readonly<{ rows: readonly Row[]; failed: ReadonlyMap<Item, Error> }>

/**
 * Writes for many owners: one transaction a shard, and one more for those whose bucket moved meanwhile.
 * @param keyOf  the owner of an item: what its bucket is made from
 * @param work   may run again, for fewer items
 */
export const writeByShard = async <Item, Row>(
  database: ShardedDatabase,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  work: (em: EntityManager, items: readonly Item[]) => Promise<readonly Row[]>,
): Promise<Written<Item, Row>> => {
  const shardOf = (item: Item): string => database.map().shardOf(bucketOf(keyOf(item)))
  const rows: Row[] = []
  const failed = new Map<Item, Error>()

  /** @returns the items of the group that are on another shard by now */
  const write = async (group: readonly [Item, ...Item[]]): Promise<readonly Item[]> => {
    try {
      const done = await database.transaction(keyOf(group[0]), async em => {
        const shard = shardOf(group[0])
        const here = group.filter(item => shardOf(item) === shard)
        return { here: new Set(here), rows: await work(em, here) }
      })
      rows.push(...done.rows)
      return group.filter(item => !done.here.has(item))
    } catch (error) {
      for (const item of group) failed.set(item, error as Error)
      return []
    }
  }

  let left = items
  while (left.length > 0) {
    const groups = [...Map.groupBy(left, shardOf).values()]
    left = (await Promise.all(groups.map(group => write(group as [Item, ...Item[]])))).flat()
  }
  return { rows, failed }
}
