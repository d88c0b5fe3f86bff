import { MarqueeError } from '@marquee/contract'
import { bucketOf, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { metFence } from './met-fence.ts'

/** What the shards gave, and the items that a shard did not take, each with its error. */
export type Written<Item, Row> = Readonly<{ rows: readonly Row[]; failed: ReadonlyMap<Item, Error> }>

const isMoving = (error: unknown): boolean =>
  metFence(error) || (error instanceof MarqueeError && error.code === 'BUCKET_MOVING')

/**
 * Writes for many owners: one transaction a shard. Where a bucket of one of them moves meanwhile, one for each.
 * @param keyOf  the owner of an item: what its bucket is made from
 * @param work   may run again
 */
export const writeByShard = async <Item, Row>(
  database: ShardedDatabase,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  work: (em: EntityManager, items: readonly Item[]) => Promise<readonly Row[]>,
): Promise<Written<Item, Row>> => {
  const rows: Row[] = []
  const failed = new Map<Item, Error>()
  if (items.length === 0) return { rows, failed }

  const write = async (group: readonly [Item, ...Item[]]): Promise<void> => {
    try {
      rows.push(...(await database.transaction(keyOf(group[0]), em => work(em, group))))
    } catch (error) {
      if (group.length === 1 || !isMoving(error)) {
        for (const item of group) failed.set(item, error as Error)
        return
      }
      // The database waits for the bucket of one owner: each waits for its own.
      for (const item of group) await write([item])
    }
  }

  const map = database.map()
  const groups = Map.groupBy(items, item => map.shardOf(bucketOf(keyOf(item)))).values()
  await Promise.all(Array.from(groups, group => write(group as [Item, ...Item[]])))
  return { rows, failed }
}
