import { defineEntity, p } from '@marquee/data'

/** A movie that a user wants to see. Owned by the user. */
export const WatchlistEntity = defineEntity({
  name: 'WatchlistItem',
  tableName: 'watchlist',
  properties: {
    userId: p.uuid().primary(),
    movieId: p.uuid().primary(),
    addedAt: p.datetime(3),
  },
})

/** On how many watchlists a movie is; a movie without a row is on none. Kept in the transaction that changes a list. */
export const MovieWatchlistCountEntity = defineEntity({
  name: 'MovieWatchlistCount',
  tableName: 'movie_watchlist_count',
  properties: {
    movieId: p.uuid().primary(),
    users: p.integer(),
  },
})
