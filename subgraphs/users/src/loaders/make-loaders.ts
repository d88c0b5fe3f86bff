import type { ShardedDatabase } from '@marquee/data'
import type { LoaderRequest } from '@marquee/subgraph'
import type { MissingProfiles } from '../accounts/missing-profiles.ts'
import { viewerOf } from '../viewer.ts'
import { pageLoader, type PageRow } from './page-loader.ts'
import { profileByHandle, profileById } from './profile-loaders.ts'
import { friendsOf, seenByFriends } from './seen-by-friends.ts'
import { countOfOwner, isInSetOf, sumOverShards } from './set-loaders.ts'

/** A row of a history: `id` is the view's. */
export type ViewRow = PageRow & Readonly<{ movie_id: string }>

/** The loaders of one request. Each asks a shard with one SQL statement for all keys of a batch that are on it. */
export const makeLoaders = (
  database: ShardedDatabase,
  { identity, signal }: LoaderRequest<undefined>,
  missingProfiles: MissingProfiles,
) => {
  const viewer = viewerOf({ identity })
  const friends = friendsOf(database)
  return Object.freeze({
    profile: profileById(database, missingProfiles, signal),
    profileByHandle: profileByHandle(database),
    /** Rows' ids are those of followers. */
    followers: pageLoader<PageRow>(database, {
      table: 'follower',
      owner: 'followee_id',
      at: 'followed_at',
      id: 'follower_id',
    }),
    /** Rows' ids are those of users who are followed. */
    following: pageLoader<PageRow>(database, {
      table: 'follow',
      owner: 'follower_id',
      at: 'followed_at',
      id: 'followee_id',
    }),
    /** Rows' ids are those of movies. */
    watchlist: pageLoader<PageRow>(database, {
      table: 'watchlist',
      owner: 'user_id',
      at: 'added_at',
      id: 'movie_id',
    }),
    history: pageLoader<ViewRow>(database, {
      table: 'view',
      owner: 'user_id',
      at: 'at',
      id: 'id',
      columns: ['movie_id'],
    }),
    /** Number of movies on a user's watchlist. */
    watchlistSize: countOfOwner(
      database,
      `select user_id as id, count(*)::int as count from watchlist where user_id = any($1::uuid[]) group by user_id`,
    ),
    /** On how many watchlists a movie is. Those who have it there are on any shard. */
    watchlistCount: sumOverShards(
      database,
      `select movie_id as id, sum(users)::int as count from movie_watchlist_count
       where movie_id = any($1::uuid[]) and bucket = any($2::smallint[]) group by movie_id`,
    ),
    isFollowedByViewer: isInSetOf(
      database,
      viewer,
      'select followee_id as id from follow where follower_id = $1 and followee_id = any($2::uuid[])',
    ),
    isOnViewerWatchlist: isInSetOf(
      database,
      viewer,
      'select movie_id as id from watchlist where user_id = $1 and movie_id = any($2::uuid[])',
    ),
    viewerHasSeen: isInSetOf(
      database,
      viewer,
      `select id from unnest($2::uuid[]) as movie (id)
       where exists (select from view where user_id = $1 and movie_id = movie.id)`,
    ),
    friends,
    seenByFriends: seenByFriends(database, viewer, friends),
  })
}

export type UsersLoaders = ReturnType<typeof makeLoaders>

/** Forgets what was loaded: after a write, the rest of the request must see it. */
export const forgetLoaded = (loaders: UsersLoaders): void => {
  for (const loader of Object.values(loaders)) loader.clearAll()
}
