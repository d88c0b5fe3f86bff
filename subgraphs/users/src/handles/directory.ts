import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'
import { writeByShard, type Written } from '../shards/write-by-shard.ts'

/*
 * Handles are unique over all shards: `handle_reservation` has a row for each, on the shard of the handle's own bucket.
 * A row is pending while its owner's profile is about to take the handle or to leave it: then the profile says which.
 * Whoever makes a row pending writes a claim into it, and what follows from that attempt holds for that claim alone.
 */

/** That somebody wants a handle. */
export type Wish = Readonly<{ handle: string; ownerId: string }>

/** A row that somebody has made pending. */
export type Claim = Wish &
  Readonly<{
    claim: string
    /** When, by the clock of the handle's shard. */
    at: Date
  }>

export type ClaimRow = Readonly<{ handle: string; owner_id: string; claim: string; at: Date }>

export const claimColumns = 'handle, owner_id, claim, at'

export const toClaim = (row: ClaimRow): Claim =>
  Object.freeze({ handle: row.handle, ownerId: row.owner_id, claim: row.claim, at: row.at })

/**
 * After so long a profile must not take a handle that was claimed for it; the sweeper looks at claims that are older
 * than twice that. Between the two lie what a transaction may last and what two servers' clocks may differ by.
 */
export const claimLastsMs = 30_000

/** How long a claim is left to whoever made it. */
export const pendingForMs = 2 * claimLastsMs

/**
 * Claims handles, each for its owner. One that belongs to somebody else, or is about to, is not in the answer.
 * @param wishes  no handle twice
 */
export const claimHandles = async (
  database: ShardedDatabase,
  wishes: readonly Wish[],
): Promise<Written<Wish, Claim>> => {
  // In one order, so that two processes that want the same ones wait for each other one way only.
  const sorted = wishes.toSorted((a, b) => (a.handle < b.handle ? -1 : 1))
  return writeByShard(
    database,
    sorted,
    ({ handle }) => handle,
    async (em, some) => {
      const rows = await sqlRows<ClaimRow>(
        em,
        `insert into handle_reservation as known (handle, bucket, owner_id)
         select * from unnest((select hold_keys($1::text[])), $2::smallint[], $3::uuid[])
         on conflict (handle, bucket) do update
           set claim = excluded.claim, at = excluded.at, is_pending = true
           where known.owner_id = excluded.owner_id
         returning ${claimColumns}`,
        [
          some.map(({ handle }) => handle),
          some.map(({ handle }) => bucketOf(handle)),
          some.map(({ ownerId }) => ownerId),
        ],
      )
      return rows.map(toClaim)
    },
  )
}

/** What became of a claim: whether the profile has the handle. */
export type Outcome = Readonly<{ claim: Claim; isUsed: boolean }>

/**
 * Confirms handles that are in use and frees those that are not, unless somebody has claimed them anew. What cannot be
 * settled now, the sweeper settles.
 */
export const settleClaims = async (
  database: ShardedDatabase,
  outcomes: readonly Outcome[],
): Promise<void> => {
  await writeByShard(
    database,
    outcomes.toSorted((a, b) => (a.claim.handle < b.claim.handle ? -1 : 1)),
    ({ claim }) => claim.handle,
    (em, some) =>
      sqlRows(
        em,
        `with outcome as (
           select * from unnest((select hold_keys($1::text[])), $2::smallint[], $3::uuid[], $4::boolean[])
             as outcome (handle, bucket, claim, is_used)
         ), freed as (
           delete from handle_reservation known using outcome
           where (known.handle, known.bucket, known.claim) = (outcome.handle, outcome.bucket, outcome.claim)
             and known.is_pending and not outcome.is_used
         )
         update handle_reservation known set is_pending = false from outcome
         where (known.handle, known.bucket, known.claim) = (outcome.handle, outcome.bucket, outcome.claim)
           and known.is_pending and outcome.is_used`,
        [
          some.map(({ claim }) => claim.handle),
          some.map(({ claim }) => bucketOf(claim.handle)),
          some.map(({ claim }) => claim.claim),
          some.map(({ isUsed }) => isUsed),
        ],
      ),
  )
}
