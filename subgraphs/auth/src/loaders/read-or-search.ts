import { readByOwner, type EntityManager, type ShardedDatabase } from '@marquee/data'

/**
 * Looks for keys on every shard: for those that do not say where they belong.
 * @param read  finds the rows of some keys; each row has the bucket that it is in
 * @returns one row for each key, in their order; null when no shard has it; an error when one that cannot say might
 */
const searchShards = async <Row extends Readonly<{ bucket: number }>>(
  database: ShardedDatabase,
  keys: readonly string[],
  read: (em: EntityManager, keys: readonly string[]) => Promise<ReadonlyMap<string, Row>>,
): Promise<readonly (Row | null | Error)[]> => {
  if (keys.length === 0) return []
  const { answers, failures } = await database.scatter(async (em, _shard, buckets) => {
    const rows = await read(em, keys)
    const own = new Set(buckets)
    // What was moved away stays for a while: it is another shard's.
    return new Map([...rows].filter(([, { bucket }]) => own.has(bucket)))
  })
  return keys.map(key => answers.find(found => found.has(key))?.get(key) ?? failures[0] ?? null)
}

/**
 * Rows by key, where some keys say where they belong and some do not.
 * @param ownerOf  a key of the bucket that the row is in; null when the key does not say; undefined when there is no row
 */
export const readOrSearch = async <Row extends Readonly<{ bucket: number }>>(
  database: ShardedDatabase,
  keys: readonly string[],
  ownerOf: (key: string) => string | null | undefined,
  read: (em: EntityManager, keys: readonly string[]) => Promise<ReadonlyMap<string, Row>>,
): Promise<readonly (Row | null | Error)[]> => {
  const owners = new Map(keys.map(key => [key, ownerOf(key)]))
  const owned = keys.filter(key => typeof owners.get(key) === 'string')
  const lost = keys.filter(key => owners.get(key) === null)
  const [there, found] = await Promise.all([
    readByOwner<string, Row | null>(
      database,
      owned,
      key => owners.get(key) as string,
      async (em, some) => {
        const rows = await read(em, some)
        return some.map(key => rows.get(key) ?? null)
      },
    ),
    searchShards(database, lost, read),
  ])
  const answers = new Map([
    ...owned.map((key, index) => [key, there[index] ?? null] as const),
    ...lost.map((key, index) => [key, found[index] ?? null] as const),
  ])
  return keys.map(key => answers.get(key) ?? null)
}
