import { readMove, type Move } from './move-record.ts'
import { preflight } from './preflight.ts'
import { withShards, type Resharding, type ReshardingOptions } from './resharding-context.ts'
import type { ShardConnection } from './shard-connection.ts'
import { mergeMaps, readMap, type MapCopy } from './shard-maps.ts'
import { compareTables, shardedTables } from './sharded-tables.ts'
import type { Holdings } from './spread-buckets.ts'

/** One shard, as it says itself and as the newest map has it. */
export type ShardStatus = Readonly<{
  name: string
  buckets: readonly number[]
  /** Closed for writers now. */
  fenced: readonly number[]
  /** Null when it does not say. */
  mapVersion: number | null
  /** Why it does not. */
  reason: string | null
}>

export type ReshardingStatus = Readonly<{
  database: string
  mapVersion: number
  shards: readonly ShardStatus[]
  /** The unfinished move; null when there is none, or its source does not answer. */
  move: Move | null
}>

type Heard = Readonly<{
  shard: ShardConnection
  copy: MapCopy | null
  move: Move | null
  reason: string | null
}>

const ask = async (shard: ShardConnection): Promise<Heard> => {
  try {
    return { shard, copy: await readMap(shard), move: await readMove(shard), reason: null }
  } catch (error) {
    return { shard, copy: null, move: null, reason: (error as Error).message }
  }
}

const statusIn = async ({ all }: Resharding): Promise<ReshardingStatus> => {
  const heard = await Promise.all(all.map(ask))
  const { version, owners } = mergeMaps(heard.flatMap(({ copy }) => copy ?? []))
  const entries = [...owners.values()]
  const shards = heard.map(({ shard, copy, reason }) => ({
    name: shard.name,
    buckets: entries.filter(entry => entry.shard === shard.name).map(({ bucket }) => bucket),
    fenced: (copy?.entries ?? []).filter(({ state }) => state === 'fenced').map(({ bucket }) => bucket),
    mapVersion: copy?.version ?? null,
    reason,
  }))
  const move = heard.find(one => one.move !== null)?.move ?? null
  return { database: all[0]?.database ?? '', mapVersion: version, shards, move }
}

/** Who has which buckets, and what is being moved. Never rejects: a shard that does not answer says why. */
export const reshardingStatus = (options: ReshardingOptions): Promise<ReshardingStatus> =>
  withShards(options, statusIn)

/** By the newest map, in the order of the configuration. */
export const holdingsOf = ({ shards }: ReshardingStatus): Holdings =>
  new Map(shards.map(({ name, buckets }) => [name, buckets]))

/**
 * Whether a shard can be given buckets: it is migrated, knows who it is, has the tables of the others, no row in them,
 * and the rights and settings that a move needs.
 * @returns what is in the way; empty when it is ready
 */
export const checkShard = (options: ReshardingOptions, name: string): Promise<readonly string[]> =>
  withShards(options, async context => {
    const shard = context.shard(name)
    await readMap(shard)
    const tables = await shardedTables(shard)
    const problems: string[] = []
    for (const other of context.all.filter(one => one !== shard)) {
      problems.push(...compareTables(await shardedTables(other), tables))
      if (problems.length > 0) return problems
      const everything = Array.from({ length: 1024 }, (_, bucket) => bucket)
      const status = await statusIn(context)
      const owned = new Set(status.shards.find(one => one.name === name)?.buckets)
      const foreign = everything.filter(bucket => !owned.has(bucket))
      problems.push(...(await preflight(other, shard, foreign)).problems)
      if (problems.length > 0) return problems
    }
    return problems
  })
