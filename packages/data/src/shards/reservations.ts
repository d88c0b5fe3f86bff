import type { EntityManager } from '@mikro-orm/postgresql'
import { sqlRows } from '../sql-rows.ts'
import { bucketOf } from './bucket-of.ts'
import { holdOwners } from './hold-owners.ts'
import { isMoving } from './is-moving.ts'
import type { ShardedDatabase } from './sharded-database.ts'
import { writeByShard, type Written } from './write-by-shard.ts'

/*
 * What must be unique over all shards (an email address, a handle) has a table of reservations: a row for each value, on
 * the shard of the value's own bucket. A row is pending while its owner is about to take the value or to leave it: then
 * the owner's shard says which. Whoever makes a row pending writes a claim into it, and what follows from that attempt
 * holds for that claim alone.
 */

/**
 * A table of reservations. Beside the column of the value it has `bucket` (of the value), `owner_id uuid`, `claim uuid
 * default gen_random_uuid()`, `is_pending boolean default true`, and `at timestamptz default clock_timestamp()`; its
 * primary key is the value and the bucket.
 */
export type Directory = Readonly<{
  table: string
  /** Column of the value. */
  column: string
  /** Which values these owners have now, by owner: asked on their shard. */
  valuesOf: (em: EntityManager, ownerIds: readonly string[]) => Promise<ReadonlyMap<string, string>>
}>

/** That somebody wants a value. */
export type Wish = Readonly<{ value: string; ownerId: string }>

/** A row that somebody has made pending. */
export type Claim = Wish &
  Readonly<{
    claim: string
    /** When, by the clock of the value's shard. */
    at: Date
  }>

/** What became of a claim: whether its owner has the value. */
export type Outcome = Readonly<{ claim: Claim; isUsed: boolean }>

/**
 * After so long an owner must not take a value that was claimed for it; the sweeper looks at claims that are older than
 * twice that. Between the two lie what a transaction may last and what two servers' clocks may differ by.
 */
export const claimLastsMs = 30_000

/** How old a claim must be before it is swept, so that whoever made it is not disturbed; and how many one sweep takes. */
export type ReservationBounds = Readonly<{ ageMs: number; perShard: number }>

export const reservationBounds: ReservationBounds = Object.freeze({ ageMs: 2 * claimLastsMs, perShard: 200 })

type ClaimRow = Readonly<{ value: string; owner_id: string; claim: string; at: Date }>

const toClaim = (row: ClaimRow): Claim =>
  Object.freeze({ value: row.value, ownerId: row.owner_id, claim: row.claim, at: row.at })

/** The row's own fence is enough for one. */
const holdSeveral = async (em: EntityManager, wishes: readonly Wish[]): Promise<void> => {
  if (wishes.length > 1)
    await holdOwners(
      em,
      wishes.map(({ value }) => value),
    )
}

const byValue = (one: Wish, other: Wish): number => (one.value < other.value ? -1 : 1)

/**
 * Claims values, each for its owner. One that belongs to somebody else, or is about to, is not in the answer.
 * @param wishes  no value twice
 */
export const claimValues = (
  database: ShardedDatabase,
  { table, column }: Directory,
  wishes: readonly Wish[],
): Promise<Written<Wish, Claim>> =>
  writeByShard(
    database,
    // In one order, so that two processes that want the same ones wait for each other one way only.
    wishes.toSorted(byValue),
    ({ value }) => value,
    async (em, some) => {
      await holdSeveral(em, some)
      const rows = await sqlRows<ClaimRow>(
        em,
        `insert into ${table} as known (${column}, bucket, owner_id)
         select * from unnest($1::text[], $2::smallint[], $3::uuid[])
         on conflict (${column}, bucket) do update
           set claim = excluded.claim, at = excluded.at, is_pending = true
           where known.owner_id = excluded.owner_id
         returning ${column} as value, owner_id, claim, at`,
        [
          some.map(({ value }) => value),
          some.map(({ value }) => bucketOf(value)),
          some.map(({ ownerId }) => ownerId),
        ],
      )
      return rows.map(toClaim)
    },
  )

/**
 * Confirms values that are in use and frees those that are not, unless somebody has claimed them anew. What cannot be
 * settled now, the sweeper settles.
 */
export const settleClaims = async (
  database: ShardedDatabase,
  { table, column }: Directory,
  outcomes: readonly Outcome[],
): Promise<void> => {
  await writeByShard(
    database,
    outcomes.toSorted((one, other) => byValue(one.claim, other.claim)),
    ({ claim }) => claim.value,
    async (em, some) => {
      await holdSeveral(
        em,
        some.map(({ claim }) => claim),
      )
      return sqlRows(
        em,
        `with outcome as (
           select * from unnest($1::text[], $2::smallint[], $3::uuid[], $4::boolean[])
             as outcome (value, bucket, claim, is_used)
         ), freed as (
           delete from ${table} known using outcome
           where (known.${column}, known.bucket, known.claim) = (outcome.value, outcome.bucket, outcome.claim)
             and known.is_pending and not outcome.is_used
         )
         update ${table} known set is_pending = false from outcome
         where (known.${column}, known.bucket, known.claim) = (outcome.value, outcome.bucket, outcome.claim)
           and known.is_pending and outcome.is_used`,
        [
          some.map(({ claim }) => claim.value),
          some.map(({ claim }) => bucketOf(claim.value)),
          some.map(({ claim }) => claim.claim),
          some.map(({ isUsed }) => isUsed),
        ],
      )
    },
  )
}

/** What became of claims, as their owners' shards say. A claim whose owner's shard cannot say is not in the answer. */
export const lookAtOwners = async (
  database: ShardedDatabase,
  { valuesOf }: Directory,
  claims: readonly Claim[],
): Promise<readonly Outcome[]> => {
  const { rows } = await writeByShard(
    database,
    claims,
    ({ ownerId }) => ownerId,
    async (em, some) => {
      const owners = [...new Set(some.map(({ ownerId }) => ownerId))]
      await holdOwners(em, owners)
      const values = await valuesOf(em, owners)
      return some.map((claim): Outcome => ({ claim, isUsed: values.get(claim.ownerId) === claim.value }))
    },
  )
  return rows
}

/**
 * Whoever takes a row makes it young again: other replicas leave it alone meanwhile, and what cannot be settled waits
 * behind what can. Of buckets that are elsewhere by now a shard may have rows still: they are not its own.
 */
const takeOld = async (
  em: EntityManager,
  { table, column }: Directory,
  { ageMs, perShard }: ReservationBounds,
  buckets: readonly number[],
): Promise<readonly ClaimRow[]> => {
  const old = await sqlRows<{ value: string }>(
    em,
    `select ${column} as value from ${table}
     where is_pending and at < clock_timestamp() - $1 * interval '1 millisecond' and bucket = any($2::smallint[])
     order by at limit $3 for update skip locked`,
    [ageMs, buckets, perShard],
  )
  if (old.length === 0) return []
  const values = old.map(({ value }) => value)
  await holdOwners(em, values)
  return sqlRows<ClaimRow>(
    em,
    `update ${table} set at = clock_timestamp() where ${column} = any($1::text[]) and bucket = any($2::smallint[])
     returning ${column} as value, owner_id, claim, at`,
    [values, values.map(bucketOf)],
  )
}

/**
 * Settles claims that were left pending. Safe at any time, in several processes at once. A shard with a bucket that is
 * just being moved has its turn in the next sweep.
 * @returns how many it took up, whatever became of them
 */
export const sweepReservations = async (
  database: ShardedDatabase,
  directory: Directory,
  bounds: ReservationBounds = reservationBounds,
): Promise<number> => {
  const { answers } = await database.scatter((em, _shard, buckets) =>
    em
      .transactional(inner => takeOld(inner, directory, bounds, buckets))
      .catch((error: unknown) => {
        if (isMoving(error)) return []
        throw error
      }),
  )
  const claims = answers.flat().map(toClaim)
  await settleClaims(database, directory, await lookAtOwners(database, directory, claims))
  return claims.length
}
