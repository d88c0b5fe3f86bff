import { sqlRows, type Database } from '@marquee/data'

type Item = Readonly<{ userId: string; movieId: string }>

/** Puts a movie on a user's watchlist, and counts it; changes nothing when it is there. The user has a profile. */
export const addToWatchlist = (database: Database, { userId, movieId }: Item): Promise<unknown> =>
  database.transaction(em =>
    sqlRows(
      em,
      `with added as (
         insert into watchlist (user_id, movie_id) values ($1, $2) on conflict do nothing returning movie_id
       )
       insert into movie_watchlist_count (movie_id, users) select movie_id, 1 from added
       on conflict (movie_id) do update set users = movie_watchlist_count.users + 1`,
      [userId, movieId],
    ),
  )

/** Takes a movie off a user's watchlist; changes nothing when it is not there. */
export const removeFromWatchlist = (database: Database, { userId, movieId }: Item): Promise<unknown> =>
  database.transaction(em =>
    sqlRows(
      em,
      `with removed as (delete from watchlist where user_id = $1 and movie_id = $2 returning movie_id)
       update movie_watchlist_count set users = users - 1 from removed
       where movie_watchlist_count.movie_id = removed.movie_id`,
      [userId, movieId],
    ),
  )
