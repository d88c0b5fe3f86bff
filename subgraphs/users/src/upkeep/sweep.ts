import { MarqueeError } from '@marquee/contract'
import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'
import { claimColumns, pendingForMs, settleClaims, toClaim, type ClaimRow } from '../handles/directory.ts'
import { lookAtProfiles } from '../handles/look-at-profiles.ts'
import { metFence } from '../shards/met-fence.ts'
import { carryFollow } from '../writes/carry-follow.ts'
import type { Pair } from '../writes/follower-row.ts'

/** How old what is swept must be, so that whoever began it is not disturbed; and how much of it one sweep takes. */
export type SweepBounds = Readonly<{ handleAgeMs: number; followAgeMs: number; perShard: number }>

export const sweepBounds: SweepBounds = Object.freeze({
  handleAgeMs: pendingForMs,
  followAgeMs: 10_000,
  perShard: 200,
})

/** What a sweep took up, whatever became of it. */
export type Swept = Readonly<{ handles: number; follows: number }>

// Whoever takes a row makes it young again: other replicas leave it alone meanwhile, and what cannot be done waits
// behind what can. Of buckets that are elsewhere by now a shard may have rows still: they are not its own.
const takeHandles = `
  with old as materialized (
    select handle, bucket from handle_reservation
    where is_pending and at < clock_timestamp() - $1 * interval '1 millisecond' and bucket = any($2::smallint[])
    order by at limit $3 for update skip locked
  )
  update handle_reservation set at = clock_timestamp()
  where (handle, bucket) in (select handle, bucket from old)
    and handle = any((select hold_keys(array(select handle from old)))::text[])
  returning ${claimColumns}`

const takeFollows = `
  with old as materialized (
    select follower_id, followee_id, bucket from follow_task
    where at < clock_timestamp() - $1 * interval '1 millisecond' and bucket = any($2::smallint[])
    order by at limit $3 for update skip locked
  )
  update follow_task set at = clock_timestamp()
  where (follower_id, followee_id, bucket) in (select follower_id, followee_id, bucket from old)
    and follower_id = any((select hold_keys(array(select follower_id::text from old)))::uuid[])
  returning follower_id, followee_id`

/** Takes rows on every shard; a shard with a bucket that is just being moved has its turn in the next sweep. */
const take = async <Row extends object>(
  database: ShardedDatabase,
  statement: string,
  ageMs: number,
  { perShard }: SweepBounds,
): Promise<readonly Row[]> => {
  const { answers } = await database.scatter((em, _shard, buckets) =>
    sqlRows<Row>(em, statement, [ageMs, buckets, perShard]).catch((error: unknown) => {
      if (metFence(error)) return []
      throw error
    }),
  )
  return answers.flat()
}

const sweepHandles = async (database: ShardedDatabase, bounds: SweepBounds): Promise<number> => {
  const rows = await take<ClaimRow>(database, takeHandles, bounds.handleAgeMs, bounds)
  await settleClaims(database, await lookAtProfiles(database, rows.map(toClaim)))
  return rows.length
}

/** Two at a time. What a shard that is away has to take is left to the next sweep. */
const carryAll = async (
  database: ShardedDatabase,
  pairs: readonly Pair[],
  signal: AbortSignal | undefined,
): Promise<void> => {
  const left = pairs.values()
  const away = new Set<string>()
  const carryNext = async (): Promise<void> => {
    for (const pair of left) {
      if (signal?.aborted === true) return
      const shard = database.map().shardOf(bucketOf(pair.followeeId))
      if (away.has(shard)) continue
      try {
        await carryFollow(database, pair)
      } catch (error) {
        if (error instanceof MarqueeError && error.code === 'SHARD_UNAVAILABLE') away.add(shard)
      }
    }
  }
  await Promise.all([carryNext(), carryNext()])
}

const sweepFollows = async (
  database: ShardedDatabase,
  bounds: SweepBounds,
  signal: AbortSignal | undefined,
): Promise<number> => {
  const rows = await take<{ follower_id: string; followee_id: string }>(
    database,
    takeFollows,
    bounds.followAgeMs,
    bounds,
  )
  await carryAll(
    database,
    rows.map(row => ({ followerId: row.follower_id, followeeId: row.followee_id })),
    signal,
  )
  return rows.length
}

/**
 * Brings to an end what broke off between two shards: handles that were about to be taken or left, follows that only
 * one side knows of. Safe at any time, in several processes at once. A shard that cannot be reached keeps what it has for
 * the next sweep.
 * @param signal  ends it early
 */
export const sweep = async (
  database: ShardedDatabase,
  bounds: SweepBounds = sweepBounds,
  signal?: AbortSignal,
): Promise<Swept> => {
  const [handles, follows] = await Promise.all([
    sweepHandles(database, bounds),
    sweepFollows(database, bounds, signal),
  ])
  return { handles, follows }
}
