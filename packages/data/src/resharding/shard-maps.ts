import { MarqueeError } from '@marquee/contract'
import type { ShardConnection } from './shard-connection.ts'

type Entry = Readonly<{ bucket: number; shard: string; state: 'open' | 'fenced'; version: number }>

/** The copy of the map that one shard has. */
export type MapCopy = Readonly<{ shard: string; version: number; entries: readonly Entry[] }>

/**
 * The copy of the map on a shard.
 * @throws TOPOLOGY_WRONG when the server says that it is another shard
 * @throws MOVE_IMPOSSIBLE when it has no map yet
 */
export const readMap = async (shard: ShardConnection): Promise<MapCopy> => {
  const [table] = await shard.rows<{ exists: boolean }>(
    `select to_regclass('marquee.shard_map') is not null as exists`,
  )
  const [own] =
    table?.exists === true
      ? await shard.rows<{ name: string; version: number }>(
          'select name, map_version as version from marquee.shard',
        )
      : []
  if (own === undefined) {
    const reason = `the shard "${shard.name}" has no map: it has not been migrated. Start the subgraph once`
    throw new MarqueeError('MOVE_IMPOSSIBLE', { reason })
  }
  if (own.name !== shard.name) {
    const reason = `the server of "${shard.name}" says that it is "${own.name}"`
    throw new MarqueeError('TOPOLOGY_WRONG', { database: shard.database, reason })
  }
  const entries = await shard.rows<Entry>(
    'select bucket, shard, state, version from marquee.shard_map order by bucket',
  )
  return { shard: shard.name, version: own.version, entries }
}

/** Who owns what by all copies together: of each bucket, the entry that was made last. */
export const mergeMaps = (
  copies: readonly MapCopy[],
): Readonly<{ version: number; owners: ReadonlyMap<number, Entry> }> => {
  const owners = new Map<number, Entry>()
  for (const entry of copies.flatMap(({ entries }) => entries)) {
    const known = owners.get(entry.bucket)
    if (known === undefined || known.version < entry.version) owners.set(entry.bucket, entry)
  }
  return { version: Math.max(0, ...copies.map(({ version }) => version)), owners }
}

const bringUpToDate = async (
  shard: ShardConnection,
  copy: MapCopy,
  copies: readonly MapCopy[],
): Promise<void> => {
  const { version, owners } = mergeMaps(copies)
  const known = new Map(copy.entries.map(entry => [entry.bucket, entry.version]))
  const newer = [...owners.values()].filter(entry => (known.get(entry.bucket) ?? 0) < entry.version)
  if (newer.length === 0 && copy.version === version) return
  await shard.transaction(async run => {
    await run(
      `insert into marquee.shard_map (bucket, shard, version)
       select * from unnest($1::smallint[], $2::text[], $3::int8[])
       on conflict (bucket) do update set shard = excluded.shard, state = 'open', version = excluded.version
       where shard_map.version < excluded.version`,
      [newer.map(one => one.bucket), newer.map(one => one.shard), newer.map(one => one.version)],
    )
    await run('update marquee.shard set map_version = $1 where map_version < $1', [version])
  }, 10_000)
}

/**
 * Gives each shard what the others' copies of the map know better. A shard that was away when buckets changed hands
 * has an old copy; none of those buckets can be its own, as both sides of a move are asked.
 * @returns the version that all have now, and the shards that could not be told
 */
export const shareMap = async (
  shards: readonly ShardConnection[],
): Promise<Readonly<{ version: number; missed: readonly string[] }>> => {
  const heard = await Promise.all(shards.map(shard => readMap(shard).catch(() => undefined)))
  const copies = heard.filter(copy => copy !== undefined)
  const told = await Promise.all(
    shards.map(async (shard, index) => {
      const copy = heard[index]
      if (copy === undefined) return false
      return bringUpToDate(shard, copy, copies).then(
        () => true,
        () => false,
      )
    }),
  )
  return {
    version: mergeMaps(copies).version,
    missed: shards.map(({ name }) => name).filter((_, index) => told[index] !== true),
  }
}
