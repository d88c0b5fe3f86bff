import type { EntityManager } from '@marquee/data'
import type { LoaderRequest } from '@marquee/subgraph'
import type { MissingProfiles } from '../accounts/missing-profiles.ts'
import { viewerOf } from '../viewer.ts'
import { pageLoader, type PageRow } from './page-loader.ts'
import { profileByHandle, profileById } from './profile-loaders.ts'
import { friendsOf, seenByFriends } from './seen-by-friends.ts'
import { countOf, isInSetOf } from './set-loaders.ts'

/** A row of a history: `id` is the view's. */
export type ViewRow = PageRow & Readonly<{ movie_id: string }>

/** The loaders of one request. Each asks the database with one SQL statement for all keys of a batch. */
export const makeLoaders = (
  { em, identity, signal }: LoaderRequest<EntityManager>,
  missingProfiles: MissingProfiles,
) => {
  const viewer = viewerOf({ identity })
  const friends = friendsOf(em)
  return Object.freeze({
    profile: profileById(em, missingProfiles, signal),
    profileByHandle: profileByHandle(em),
    /** Rows' ids are those of followers. */
    followers: pageLoader<PageRow>(em, {
      table: 'follower',
      owner: 'followee_id',
      at: 'followed_at',
      id: 'follower_id',
    }),
    /** Rows' ids are those of users who are followed. */
    following: pageLoader<PageRow>(em, {
      table: 'follow',
      owner: 'follower_id',
      at: 'followed_at',
      id: 'followee_id',
    }),
    /** Rows' ids are those of movies. */
    watchlist: pageLoader<PageRow>(em, {
      table: 'watchlist',
      owner: 'user_id',
      at: 'added_at',
      id: 'movie_id',
    }),
    history: pageLoader<ViewRow>(em, {
      table: 'view',
      owner: 'user_id',
      at: 'at',
      id: 'id',
      columns: ['movie_id'],
    }),
    /** Number of movies on a user's watchlist. */
    watchlistSize: countOf(
      em,
      `select user_id as id, count(*)::int as count from watchlist where user_id = any($1::uuid[]) group by user_id`,
    ),
    /** On how many watchlists a movie is. */
    watchlistCount: countOf(
      em,
      'select movie_id as id, users as count from movie_watchlist_count where movie_id = any($1::uuid[])',
    ),
    isFollowedByViewer: isInSetOf(
      em,
      viewer,
      'select followee_id as id from follow where follower_id = $1 and followee_id = any($2::uuid[])',
    ),
    isOnViewerWatchlist: isInSetOf(
      em,
      viewer,
      'select movie_id as id from watchlist where user_id = $1 and movie_id = any($2::uuid[])',
    ),
    viewerHasSeen: isInSetOf(
      em,
      viewer,
      `select id from unnest($2::uuid[]) as movie (id)
       where exists (select from view where user_id = $1 and movie_id = movie.id)`,
    ),
    friends,
    seenByFriends: seenByFriends(em, viewer, friends),
  })
}

export type UsersLoaders = ReturnType<typeof makeLoaders>

/** Forgets what was loaded: after a write, the rest of the request must see it. */
export const forgetLoaded = (loaders: UsersLoaders): void => {
  for (const loader of Object.values(loaders)) loader.clearAll()
}
