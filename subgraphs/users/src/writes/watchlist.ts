import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'

type Item = Readonly<{ userId: string; movieId: string }>

/** Puts a movie on a user's watchlist, and counts it; changes nothing when it is there. The user has a profile. */
export const addToWatchlist = (database: ShardedDatabase, { userId, movieId }: Item): Promise<unknown> =>
  database.transaction(userId, em =>
    sqlRows(
      em,
      `with added as (
         insert into watchlist (user_id, bucket, movie_id) values ($1, $2, $3) on conflict do nothing returning movie_id, bucket
       )
       insert into movie_watchlist_count (movie_id, bucket, users) select movie_id, bucket, 1 from added
       on conflict (movie_id, bucket) do update set users = movie_watchlist_count.users + 1`,
      [userId, bucketOf(userId), movieId],
    ),
  )

/** Takes a movie off a user's watchlist; changes nothing when it is not there. */
export const removeFromWatchlist = (database: ShardedDatabase, { userId, movieId }: Item): Promise<unknown> =>
  database.transaction(userId, em =>
    sqlRows(
      em,
      `with removed as (
         delete from watchlist where user_id = $1 and bucket = $2 and movie_id = $3 returning movie_id, bucket
       )
       update movie_watchlist_count set users = users - 1 from removed
       where (movie_watchlist_count.movie_id, movie_watchlist_count.bucket) = (removed.movie_id, removed.bucket)`,
      [userId, bucketOf(userId), movieId],
    ),
  )
