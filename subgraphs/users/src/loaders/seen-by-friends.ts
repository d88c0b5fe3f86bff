import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'

export type SeenByKey = Readonly<{ movieId: string; limit: number }>

/** Everybody whom a user follows; `users.maxFollowing` bounds the list. */
export const friendsOf = (em: EntityManager): DataLoader<string, readonly string[]> =>
  new DataLoader(async users => {
    const rows = await sqlRows<{ follower_id: string; followee_id: string }>(
      em,
      'select follower_id, followee_id from follow where follower_id = any($1::uuid[])',
      [users],
    )
    const friends = Map.groupBy(rows, row => row.follower_id)
    return users.map(user => (friends.get(user) ?? []).map(row => row.followee_id))
  })

/**
 * Users whom the viewer follows and who have seen a movie, latest view first.
 *
 * Joined here and not in SQL: whom the viewer follows is the viewer's, what they have seen is each of theirs, and on
 * shards these are different servers.
 */
export const seenByFriends = (
  em: EntityManager,
  viewer: string | null,
  friends: DataLoader<string, readonly string[]>,
): DataLoader<SeenByKey, readonly string[], string> =>
  new DataLoader(
    async keys => {
      const friendIds = viewer === null ? [] : await friends.load(viewer)
      if (friendIds.length === 0) return keys.map(() => [])
      const rows = await sqlRows<{ movie_id: string; user_id: string }>(
        em,
        `select movie_id, user_id from (
           select movie_id, user_id, row_number() over (
             partition by movie_id order by max(at) desc, user_id desc
           ) as place
           from view
           where user_id = any($1::uuid[]) and movie_id = any($2::uuid[])
           group by movie_id, user_id
         ) seen
         where place <= $3
         order by movie_id, place`,
        [
          friendIds,
          [...new Set(keys.map(({ movieId }) => movieId))],
          Math.max(...keys.map(({ limit }) => limit)),
        ],
      )
      const seenBy = Map.groupBy(rows, row => row.movie_id)
      return keys.map(({ movieId, limit }) =>
        (seenBy.get(movieId) ?? []).slice(0, limit).map(row => row.user_id),
      )
    },
    { cacheKeyFn: ({ movieId, limit }) => `${movieId} ${limit}` },
  )
