import { defineEntity, p } from '@marquee/data'

/** A movie that a user wants to see. Owned by the user. */
export const WatchlistEntity = defineEntity({
  name: 'WatchlistItem',
  tableName: 'watchlist',
  properties: {
    userId: p.uuid().primary(),
    bucket: p.smallint(),
    movieId: p.uuid().primary(),
    addedAt: p.datetime(3),
  },
})

/** On how many watchlists of a bucket's users a movie is. Kept in the transaction that changes a list. */
export const MovieWatchlistCountEntity = defineEntity({
  name: 'MovieWatchlistCount',
  tableName: 'movie_watchlist_count',
  properties: {
    movieId: p.uuid().primary(),
    bucket: p.smallint().primary(),
    users: p.integer(),
  },
})
