import { bucketCount } from './bucket-of.ts'

/** Which shard has which buckets. Frozen; a change makes a new one with a higher version. */
export type ShardMap = Readonly<{
  version: number
  shardOf: (bucket: number) => string
  /** In rising order; none for a shard that has nothing or is not known. */
  bucketsOf: (shard: string) => readonly number[]
}>

/** @param owners  by bucket: the name of its shard */
export const shardMap = (version: number, owners: readonly string[]): ShardMap => {
  const buckets = new Map<string, number[]>()
  for (const [bucket, shard] of owners.entries()) {
    const known = buckets.get(shard)
    if (known === undefined) buckets.set(shard, [bucket])
    else known.push(bucket)
  }
  for (const list of buckets.values()) Object.freeze(list)
  const none: readonly number[] = Object.freeze([])
  return Object.freeze({
    version,
    shardOf: (bucket: number) => {
      const shard = owners[bucket]
      if (shard === undefined) throw new RangeError(`there is no bucket ${bucket}`)
      return shard
    },
    bucketsOf: (shard: string) => buckets.get(shard) ?? none,
  })
}

/** A shard's copy of the map. */
export type MapCopy = Readonly<{
  /** The newest that this copy has heard of. */
  version: number
  /** By bucket: the name of its shard, and the version that gave it the bucket. */
  owners: readonly string[]
  since: readonly number[]
}>

/**
 * What all copies together know: of each bucket what was written last. A shard that was away while others gave buckets
 * to one another may have the newest version and still old entries; the two that take part in a change always have it.
 */
export const mergeCopies = (one: MapCopy, other: MapCopy): MapCopy => {
  const isNewer = (bucket: number): boolean => (other.since[bucket] ?? 0) > (one.since[bucket] ?? 0)
  return {
    version: Math.max(one.version, other.version),
    owners: one.owners.map((owner, bucket) => (isNewer(bucket) ? (other.owners[bucket] ?? owner) : owner)),
    since: one.since.map((since, bucket) => Math.max(since, other.since[bucket] ?? 0)),
  }
}

/** The buckets in ranges of the same length over the shards, in their order. @returns the owner by bucket */
export const spreadBuckets = (shards: readonly string[]): readonly string[] =>
  Array.from(
    { length: bucketCount },
    (_, bucket) => shards[Math.floor((bucket * shards.length) / bucketCount)] as string,
  )
