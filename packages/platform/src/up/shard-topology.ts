import type { DatabasePlace, Topology } from './environment.ts'
import { shardedDomains } from './sharded-domains.ts'

/** What the topology calls a shard. @param shard  from 1 on */
export const shardName = (shard: number): string => `s${shard}`

/** What its replica set is called, and so its first server. @param shard  from 1 on */
export const setName = (shard: number): string => (shard === 1 ? 'postgres' : `postgres-shard-${shard}`)

/**
 * The databases of all shards, as section `data` of marquee.yaml has them. A sharded domain names its shards even when
 * there is one: what a shard is called is kept in its data, and must not change when a second one comes.
 * @param shards  the databases of each, the first shard's first
 */
export const shardTopology = (shards: readonly Readonly<Record<string, DatabasePlace>>[]): Topology => {
  const [first = {}] = shards
  const spread = (domain: string): Topology[string] => ({
    shards: Object.fromEntries(
      shards.flatMap((databases, index) => {
        const place = databases[domain]
        return place === undefined ? [] : [[shardName(index + 1), place]]
      }),
    ),
  })
  return Object.fromEntries(
    Object.entries(first).map(([name, place]) => [
      name,
      shardedDomains.includes(name) ? spread(name) : place,
    ]),
  )
}

/** The writer of each shard's server, the first shard's first. */
export const shardWriters = (topology: Topology): readonly Readonly<{ shard: number; url: string }>[] => {
  const found = new Map<number, string>()
  for (const place of Object.values(topology)) {
    const sets = 'shards' in place ? place.shards : { [shardName(1)]: place }
    for (const [name, { writer }] of Object.entries(sets)) found.set(Number(name.slice(1)), writer)
  }
  return [...found].map(([shard, url]) => ({ shard, url })).toSorted((one, other) => one.shard - other.shard)
}
