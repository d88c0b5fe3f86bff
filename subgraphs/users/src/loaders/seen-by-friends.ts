import { sqlRows, type ShardedDatabase } from '@marquee/data'
import DataLoader from 'dataloader'

export type SeenByKey = Readonly<{ movieId: string; limit: number }>

/** Everybody whom a user follows; `users.maxFollowing` bounds the list. */
export const friendsOf = (database: ShardedDatabase): DataLoader<string, readonly string[]> =>
  new DataLoader(users =>
    database.byShard<readonly string[]>(users, async (em, some) => {
      const rows = await sqlRows<{ follower_id: string; followee_id: string }>(
        em,
        'select follower_id, followee_id from follow where follower_id = any($1::uuid[])',
        [some],
      )
      const friends = Map.groupBy(rows, row => row.follower_id)
      return some.map(user => (friends.get(user) ?? []).map(row => row.followee_id))
    }),
  )

type Seen = Readonly<{ movie_id: string; user_id: string; at: Date }>

/** The latest views of each movie on a shard, by user: no more of a movie than anybody asks for. */
const latestViews = `
  select movie_id, user_id, at from (
    select movie_id, user_id, max(at) as at, row_number() over (
      partition by movie_id order by max(at) desc, user_id desc
    ) as place
    from view
    where user_id = any($1::uuid[]) and movie_id = any($2::uuid[])
    group by movie_id, user_id
  ) seen
  where place <= $3`

const latestFirst = (a: Seen, b: Seen): number =>
  b.at.getTime() - a.at.getTime() || (a.user_id < b.user_id ? 1 : -1)

/**
 * Users whom the viewer follows and who have seen a movie, latest view first.
 *
 * Joined here and not in SQL: whom the viewer follows is the viewer's, what they have seen is each of theirs, and on
 * shards these are different servers. While one of those cannot say, nobody knows who was last: a load rejects.
 */
export const seenByFriends = (
  database: ShardedDatabase,
  viewer: string | null,
  friends: DataLoader<string, readonly string[]>,
): DataLoader<SeenByKey, readonly string[], string> =>
  new DataLoader(
    async keys => {
      const friendIds = viewer === null ? [] : await friends.load(viewer)
      if (friendIds.length === 0) return keys.map(() => [])
      const movies = [...new Set(keys.map(({ movieId }) => movieId))]
      const most = Math.max(...keys.map(({ limit }) => limit))
      const answers = await database.byShard<readonly Seen[]>(friendIds, async (em, some) => {
        const rows = Map.groupBy(
          await sqlRows<Seen>(em, latestViews, [some, movies, most]),
          row => row.user_id,
        )
        return some.map(user => rows.get(user) ?? [])
      })
      const failure = answers.find(answer => answer instanceof Error)
      if (failure instanceof Error) return keys.map(() => failure)
      const seenBy = Map.groupBy((answers as readonly (readonly Seen[])[]).flat(), row => row.movie_id)
      for (const seen of seenBy.values()) seen.sort(latestFirst)
      return keys.map(({ movieId, limit }) =>
        (seenBy.get(movieId) ?? []).slice(0, limit).map(row => row.user_id),
      )
    },
    { cacheKeyFn: ({ movieId, limit }) => `${movieId} ${limit}` },
  )
