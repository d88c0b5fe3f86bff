import { withClient } from '../with-client.ts'

/** Which shards own buckets, as the newest copy of the map among the servers asked has it. */
export type ShardOwners = Readonly<{
  version: number
  /** How many buckets by shard; a shard without any is not in it. */
  buckets: Readonly<Record<string, number>>
  /** Some server is in the middle of giving or taking buckets: the newest copy may be one that was not asked. */
  isMoving: boolean
}>

type Copy = Readonly<{ version: number; buckets: Readonly<Record<string, number>>; is_moving: boolean }>

const tablesThere = `
  select to_regclass('marquee.shard_map') is not null and to_regclass('marquee.shard') is not null as map,
    to_regclass('marquee.shard_move') is not null as moves`

// A move leaves its traces here from before it gives anything away until it has cleaned up.
const copyOf = (hasMoves: boolean): string => `
  select (select map_version::int from marquee.shard) as version,
    (select json_object_agg(shard, buckets)
      from (select shard, count(*)::int as buckets from marquee.shard_map group by shard) owned) as buckets,
    exists (select from marquee.shard_map where state = 'fenced')
      or exists (select from pg_subscription s join pg_database d on d.oid = s.subdbid and d.datname = current_database())
      ${hasMoves ? `or exists (select from marquee.shard_move where step <> 'done')` : ''} as is_moving`

const readCopy = (url: string): Promise<Copy | undefined> =>
  withClient(url, async client => {
    const [there] = (await client.query<{ map: boolean; moves: boolean }>(tablesThere)).rows
    if (there?.map !== true) return undefined
    const [copy] = (await client.query<Copy>(copyOf(there.moves))).rows
    return copy === undefined || copy.buckets === null ? undefined : copy
  })

/**
 * Reads who owns what without opening the database, and so without waiting, migrating or starting anything.
 * @param urls  the writer of each shard; all must answer
 * @returns undefined when none has a map yet
 * @throws errors of `pg`
 */
export const readShardOwners = async (urls: readonly string[]): Promise<ShardOwners | undefined> => {
  const copies = (await Promise.all(urls.map(readCopy))).flatMap(copy => copy ?? [])
  const [newest] = copies.toSorted((one, other) => other.version - one.version)
  if (newest === undefined) return undefined
  const { version, buckets } = newest
  return Object.freeze({ version, buckets, isMoving: copies.some(copy => copy.is_moving) })
}
