import { bucketOf, sqlRows, type EntityManager } from '@marquee/data'

export type Pair = Readonly<{ followerId: string; followeeId: string }>

/**
 * Takes rows of profiles, always in the same order: two users who follow each other at once wait instead of
 * deadlocking. While a row is held nobody else changes that owner's lists, so its counts stay exact; nor does its
 * bucket leave the shard.
 */
export const lockProfiles = (
  em: EntityManager,
  ids: readonly string[],
): Promise<{ id: string; following_count: number }[]> =>
  sqlRows(
    em,
    `select id, following_count from profile where id = any((select hold_keys($1::text[]))::uuid[])
     order by id for no key update`,
    [ids],
  )

/**
 * Makes the list of the one who is followed, and its count, say what the follower's list says; twice is once. The
 * caller holds the profile of the one who is followed.
 * @param followedAt  null: does not follow
 */
export const setFollower = async (
  em: EntityManager,
  { followerId, followeeId }: Pair,
  followedAt: Date | null,
): Promise<void> => {
  const key = [followeeId, bucketOf(followeeId), followerId]
  if (followedAt === null) {
    await sqlRows(
      em,
      `with removed as (
         delete from follower where followee_id = $1 and bucket = $2 and follower_id = $3 returning followee_id, bucket
       )
       update profile set follower_count = follower_count - 1 from removed
       where (profile.id, profile.bucket) = (removed.followee_id, removed.bucket)`,
      key,
    )
    return
  }
  await sqlRows(
    em,
    `with added as (
       insert into follower as known (followee_id, bucket, follower_id, followed_at) values ($1, $2, $3, $4)
       on conflict (followee_id, follower_id, bucket) do update set followed_at = excluded.followed_at
         where known.followed_at <> excluded.followed_at
       returning known.followee_id, known.bucket, old is null as is_new
     )
     update profile set follower_count = follower_count + 1 from added
     where (profile.id, profile.bucket) = (added.followee_id, added.bucket) and added.is_new`,
    [...key, followedAt],
  )
}
