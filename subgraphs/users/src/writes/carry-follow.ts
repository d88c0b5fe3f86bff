import { bucketOf, sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { lockProfiles, setFollower, type Pair } from './follower-row.ts'

/** A task, and what the follower's list says; undefined when nothing is to be carried. */
type State = Readonly<{ claim: string; followed_at: Date | null }>

/** Read where the follower's bucket is, and while it cannot leave: another shard would answer for the past. */
const readState = async (em: EntityManager, { followerId, followeeId }: Pair): Promise<State | undefined> => {
  const [state] = await sqlRows<State>(
    em,
    `select task.claim, follow.followed_at
     from follow_task task
       left join follow on (follow.follower_id, follow.followee_id) = (task.follower_id, task.followee_id)
     where task.follower_id = any((select hold_keys(array[$1::text]))::uuid[]) and task.followee_id = $2`,
    [followerId, followeeId],
  )
  return state
}

/**
 * Carries what the follower's list says to the list of the one who is followed, when a task says that they may differ.
 * Safe at any time and by several at once: each holds the profile of the one who is followed *while* it reads what the
 * follower's list says, so whoever comes last brings what was last; one that stalls loses its transaction with the lock.
 * @throws SHARD_UNAVAILABLE, BUCKET_MOVING: the task stays
 */
export const carryFollow = async (database: ShardedDatabase, pair: Pair): Promise<void> => {
  const claim = await database.transaction(pair.followeeId, async em => {
    const [followee] = await lockProfiles(em, [pair.followeeId])
    if (followee === undefined) return undefined
    const state = await database.transaction(pair.followerId, follower => readState(follower, pair))
    if (state !== undefined) await setFollower(em, pair, state.followed_at)
    return state?.claim
  })
  if (claim === undefined) return
  await database.transaction(pair.followerId, em =>
    sqlRows(
      em,
      'delete from follow_task where follower_id = $1 and bucket = $2 and followee_id = $3 and claim = $4',
      [pair.followerId, bucketOf(pair.followerId), pair.followeeId, claim],
    ),
  )
}
