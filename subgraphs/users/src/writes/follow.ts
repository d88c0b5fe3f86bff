import { MarqueeError } from '@marquee/contract'
import { sqlRows, type Database, type EntityManager } from '@marquee/data'

type Pair = Readonly<{ followerId: string; followeeId: string }>

/**
 * Takes the two owners' rows, always in the same order: two users who follow each other at once wait instead of
 * deadlocking. While a row is held nobody else changes that owner's lists, so its counts stay exact and its moments
 * rise: no entry can appear behind the cursor of somebody who is paging.
 */
const lockOwners = (
  em: EntityManager,
  { followerId, followeeId }: Pair,
): Promise<{ id: string; following_count: number }[]> =>
  sqlRows(
    em,
    'select id, following_count from profile where id = any($1::uuid[]) order by id for no key update',
    [[followerId, followeeId]],
  )

/** Each list and its count in one statement of its own: on shards the two sides are two servers. */
const addRows = async (em: EntityManager, { followerId, followeeId }: Pair): Promise<boolean> => {
  const [added] = await sqlRows<{ followed_at: Date }>(
    em,
    `with added as (
       insert into follow (follower_id, followee_id) values ($1, $2) on conflict do nothing returning followed_at
     )
     update profile set following_count = following_count + 1 from added where profile.id = $1
     returning added.followed_at`,
    [followerId, followeeId],
  )
  if (added === undefined) return false
  await sqlRows(
    em,
    `with added as (
       insert into follower (followee_id, follower_id, followed_at) values ($1, $2, $3) returning followee_id
     )
     update profile set follower_count = follower_count + 1 from added where profile.id = added.followee_id`,
    [followeeId, followerId, added.followed_at],
  )
  return true
}

/**
 * Makes one user follow another; changes nothing when it does already.
 * @throws NOT_FOUND when either has no profile; BAD_USER_INPUT when the follower follows `maxFollowing` others
 */
export const follow = (database: Database, pair: Pair, maxFollowing: number): Promise<void> =>
  database.transaction(async em => {
    const owners = await lockOwners(em, pair)
    const follower = owners.find(({ id }) => id === pair.followerId)
    if (owners.length < 2 || follower === undefined) throw new MarqueeError('NOT_FOUND', { type: 'User' })
    if ((await addRows(em, pair)) && follower.following_count >= maxFollowing) {
      throw new MarqueeError('BAD_USER_INPUT', {
        reason: `one user can follow at most ${maxFollowing} others.`,
      })
    }
  })

/** Ends that one user follows another; changes nothing when it does not. */
export const unfollow = (database: Database, pair: Pair): Promise<void> =>
  database.transaction(async em => {
    await lockOwners(em, pair)
    const removed = await sqlRows(
      em,
      `with removed as (delete from follow where follower_id = $1 and followee_id = $2 returning follower_id)
       update profile set following_count = following_count - 1 from removed where profile.id = removed.follower_id
       returning id`,
      [pair.followerId, pair.followeeId],
    )
    if (removed.length === 0) return
    await sqlRows(
      em,
      `with removed as (delete from follower where followee_id = $1 and follower_id = $2 returning followee_id)
       update profile set follower_count = follower_count - 1 from removed where profile.id = removed.followee_id`,
      [pair.followeeId, pair.followerId],
    )
  })
