import { MarqueeError } from '@marquee/contract'
import { bucketOf, sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { claimHandles, claimLastsMs, settleClaims, type Claim } from './directory.ts'
import { lookAtProfiles } from './look-at-profiles.ts'

const maxAttempts = 3

/** @throws SHARD_UNAVAILABLE, BUCKET_MOVING when the handle's shard cannot say */
const claimOne = async (
  database: ShardedDatabase,
  handle: string,
  ownerId: string,
): Promise<Claim | undefined> => {
  const { rows, failed } = await claimHandles(database, [{ handle, ownerId }])
  for (const error of failed.values()) throw error
  return rows[0]
}

/** The part of a profile's update that takes a handle: only from the one that it has, and only while the claim lasts. */
export type HandleGuard = Readonly<{ current: string; until: Date }>

/**
 * Changes a handle, which is on up to three shards: claims the new one, makes the old one pending, has the profile
 * written, then confirms the one and frees the other. Wherever this breaks off, the profile says who has what, and the
 * sweeper follows it.
 * @param current  the handle of now
 * @param write    writes the profile under the guard; false when the profile has another handle than that by now
 * @throws HANDLE_TAKEN
 */
export const changeHandle = async (
  database: ShardedDatabase,
  { ownerId, current, wanted }: Readonly<{ ownerId: string; current: string; wanted: string }>,
  write: (em: EntityManager, guard: HandleGuard) => Promise<boolean>,
): Promise<void> => {
  let from = current
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const taken = await claimOne(database, wanted, ownerId)
    if (taken === undefined) throw new MarqueeError('HANDLE_TAKEN', { handle: wanted })
    const left = from === wanted ? undefined : await claimOne(database, from, ownerId)
    const guard = { current: from, until: new Date(taken.at.getTime() + claimLastsMs) }
    const isWritten = await database.transaction(ownerId, em => write(em, guard))
    const claims = left === undefined ? [taken] : [taken, left]
    if (isWritten) {
      await settleClaims(
        database,
        claims.map(claim => ({ claim, isUsed: claim === taken })),
      )
      return
    }
    // Another request of the same user was first.
    await settleClaims(database, await lookAtProfiles(database, claims))
    from = await handleOf(database, ownerId)
  }
  throw new MarqueeError('HANDLE_TAKEN', { handle: wanted })
}

const handleOf = async (database: ShardedDatabase, ownerId: string): Promise<string> => {
  const [profile] = await database.transaction(ownerId, em =>
    sqlRows<{ handle: string }>(em, 'select handle from profile where id = $1 and bucket = $2', [
      ownerId,
      bucketOf(ownerId),
    ]),
  )
  if (profile === undefined) throw new MarqueeError('NOT_FOUND', { type: 'User' })
  return profile.handle
}
