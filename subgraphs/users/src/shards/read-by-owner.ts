import type { EntityManager, ShardedDatabase } from '@marquee/data'

/**
 * Reads for keys that belong to owners: one call of `read` a shard, with the keys whose owner is there. Several keys
 * may have one owner.
 * @param read  answers one value for each key, in their order
 * @returns one value for each key, in their order; in its place the error of a shard that could not say
 */
export const readByOwner = async <Key, Value>(
  database: ShardedDatabase,
  keys: readonly Key[],
  ownerOf: (key: Key) => string,
  read: (em: EntityManager, keys: readonly Key[]) => Promise<readonly Value[]>,
): Promise<readonly (Value | Error)[]> => {
  const keysOf = Map.groupBy(keys, ownerOf)
  const owners = [...keysOf.keys()]
  const answers = await database.byShard<ReadonlyMap<Key, Value>>(owners, async (em, some) => {
    const theirs = some.flatMap(owner => keysOf.get(owner) ?? [])
    const values = await read(em, theirs)
    const found = new Map(theirs.map((key, index) => [key, values[index] as Value]))
    return some.map(() => found)
  })
  const answerOf = new Map(owners.map((owner, index) => [owner, answers[index]]))
  return keys.map(key => {
    const found = answerOf.get(ownerOf(key))
    return found instanceof Error ? found : (found?.get(key) as Value)
  })
}
