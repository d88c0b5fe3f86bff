import { MarqueeError } from '@marquee/contract'
import { bucketOf, sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { limited } from '../shards/limited.ts'
import { metFence } from '../shards/met-fence.ts'
import { carryFollow } from './carry-follow.ts'
import { lockProfiles, setFollower, type Pair } from './follower-row.ts'

/*
 * A follow is one fact with two rows: one of the follower, which counts, and one of who is followed. Where both users
 * are on one shard, one transaction writes both. Else it writes the first and a task, which is carried to the other shard
 * after the commit; by the sweeper, if that fails.
 */

// Each holds a connection to one shard while it waits for one to the other: if they could take them all, they could wait
// for each other.
const inTurn = limited(4)

const isOneShard = (database: ShardedDatabase, { followerId, followeeId }: Pair): boolean => {
  const map = database.map()
  return map.shardOf(bucketOf(followerId)) === map.shardOf(bucketOf(followeeId))
}

const addFollow = `
  insert into follow (follower_id, bucket, followee_id) values ($1, $2, $3) on conflict do nothing
  returning follower_id, bucket, followee_id, followed_at`

const removeFollow = `
  delete from follow where follower_id = $1 and bucket = $2 and followee_id = $3
  returning follower_id, bucket, followee_id, null::timestamptz as followed_at`

/** A later change of the same pair takes the place of the task that is there: what is carried is the state of then. */
const noteTask = `
  insert into follow_task (follower_id, bucket, followee_id) select follower_id, bucket, followee_id from changed
  on conflict (follower_id, followee_id, bucket) do update set claim = excluded.claim, at = excluded.at`

/** Changes the follower's list and its count. @returns undefined when it is so already */
const change = async (
  em: EntityManager,
  { followerId, followeeId }: Pair,
  options: Readonly<{ change: string; by: 1 | -1; note: boolean }>,
): Promise<Readonly<{ followed_at: Date | null }> | undefined> => {
  const [changed] = await sqlRows<{ followed_at: Date | null }>(
    em,
    `with changed as (${options.change}) ${options.note ? `, noted as (${noteTask})` : ''}
     update profile set following_count = following_count + $4 from changed
     where (profile.id, profile.bucket) = (changed.follower_id, changed.bucket)
     returning changed.followed_at`,
    [followerId, bucketOf(followerId), followeeId, options.by],
  )
  return changed
}

type Verb = Readonly<{
  change: string
  by: 1 | -1
  /** @throws what forbids the change */
  check?: (follower: Readonly<{ following_count: number }>) => void
}>

/** @returns whether there is something to carry */
const writeOn = (
  database: ShardedDatabase,
  pair: Pair,
  { check, ...verb }: Verb,
  isOne: boolean,
): Promise<boolean> =>
  database.transaction(pair.followerId, async em => {
    const locked = await lockProfiles(em, isOne ? [pair.followerId, pair.followeeId] : [pair.followerId])
    const follower = locked.find(({ id }) => id === pair.followerId)
    if (follower === undefined || (isOne && locked.length < 2)) {
      throw new MarqueeError('NOT_FOUND', { type: 'User' })
    }
    const changed = await change(em, pair, { ...verb, note: !isOne })
    if (changed === undefined) return false
    check?.(follower)
    if (isOne) await setFollower(em, pair, changed.followed_at)
    return !isOne
  })

const write = async (database: ShardedDatabase, pair: Pair, verb: Verb): Promise<void> => {
  const isOne = isOneShard(database, pair)
  const toCarry = await writeOn(database, pair, verb, isOne).catch((error: unknown) => {
    // The bucket of who is followed moves. With a task it is all the same where that is.
    if (isOne && metFence(error)) return writeOn(database, pair, verb, false)
    throw error
  })
  // Committed: if it is not carried now, the task stays for the sweeper.
  if (toCarry) await inTurn(() => carryFollow(database, pair)).catch(() => undefined)
}

/**
 * Makes one user follow another; changes nothing when it does already. Both have a profile.
 * @throws BAD_USER_INPUT when the follower follows `maxFollowing` others
 */
export const follow = (database: ShardedDatabase, pair: Pair, maxFollowing: number): Promise<void> =>
  write(database, pair, {
    change: addFollow,
    by: 1,
    check: ({ following_count: count }) => {
      if (count >= maxFollowing) {
        throw new MarqueeError('BAD_USER_INPUT', {
          reason: `one user can follow at most ${maxFollowing} others.`,
        })
      }
    },
  })

/** Ends that one user follows another; changes nothing when it does not. */
export const unfollow = (database: ShardedDatabase, pair: Pair): Promise<void> =>
  write(database, pair, { change: removeFollow, by: -1 })
