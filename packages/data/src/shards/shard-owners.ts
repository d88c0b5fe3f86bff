import { withClient } from '../with-client.ts'

/** Which shards own buckets, as all copies of the map together have it: of each bucket what was written last. */
export type ShardOwners = Readonly<{
  version: number
  /** How many buckets by shard; a shard without any is not in it. */
  buckets: Readonly<Record<string, number>>
  /** Some server is in the middle of giving or taking buckets: a copy that was not asked may be newer. */
  isMoving: boolean
  /** Shards that know nothing of a map: they never had one, or their data is gone. */
  blank: readonly string[]
}>

type Copy = Readonly<{
  version: number
  owners: readonly string[] | null
  /** Of each owner, in the same order. */
  since: readonly number[]
  is_moving: boolean
}>

const tablesThere = `
  select to_regclass('marquee.shard_map') is not null and to_regclass('marquee.shard') is not null as map,
    to_regclass('marquee.shard_move') is not null as moves`

// A move leaves its traces here from before it gives anything away until it has cleaned up.
const copyOf = (hasMoves: boolean): string => `
  select (select map_version::int from marquee.shard) as version,
    (select array_agg(shard order by bucket) from marquee.shard_map) as owners,
    (select array_agg(version::int order by bucket) from marquee.shard_map) as since,
    exists (select from marquee.shard_map where state = 'fenced')
      or exists (select from pg_subscription s join pg_database d on d.oid = s.subdbid and d.datname = current_database())
      ${hasMoves ? `or exists (select from marquee.shard_move where step <> 'done')` : ''} as is_moving`

const readCopy = (url: string): Promise<Copy | 'blank' | 'empty'> =>
  withClient(url, async client => {
    const [there] = (await client.query<{ map: boolean; moves: boolean }>(tablesThere)).rows
    if (there?.map !== true) return 'blank'
    const [copy] = (await client.query<Copy>(copyOf(there.moves))).rows
    return copy === undefined || copy.owners === null ? 'empty' : copy
  })

/** A shard that was away while buckets changed hands has an old copy, whatever it learned since. */
const merged = (copies: readonly Copy[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  const most = Math.max(...copies.map(({ owners }) => owners?.length ?? 0))
  for (let bucket = 0; bucket < most; bucket += 1) {
    const sinceOf = ({ since }: Copy): number => since[bucket] ?? 0
    const newest = copies.reduce((one, other) => (sinceOf(other) > sinceOf(one) ? other : one))
    const owner = newest.owners?.[bucket]
    if (owner !== undefined) counts[owner] = (counts[owner] ?? 0) + 1
  }
  return counts
}

/**
 * Reads who owns what without opening the database, and so without waiting, migrating or starting anything.
 * @param writers  by shard; all must answer
 * @returns undefined when none has a map yet
 * @throws errors of `pg`
 */
export const readShardOwners = async (
  writers: Readonly<Record<string, string>>,
): Promise<ShardOwners | undefined> => {
  const found = await Promise.all(
    Object.entries(writers).map(async ([shard, url]) => ({ shard, copy: await readCopy(url) })),
  )
  const copies = found.flatMap(({ copy }) => (typeof copy === 'string' ? [] : copy))
  if (copies.length === 0) return undefined
  return Object.freeze({
    version: Math.max(...copies.map(({ version }) => version)),
    buckets: merged(copies),
    isMoving: copies.some(copy => copy.is_moving),
    blank: found.flatMap(({ shard, copy }) => (copy === 'blank' ? shard : [])),
  })
}
