import { decodeId, MarqueeError } from '@marquee/contract'
import type { ShardedDatabase } from '@marquee/data'
import { requireSubject } from '@marquee/subgraph'
import type { UsersConfig } from '../config.ts'
import { forgetLoaded } from '../loaders/make-loaders.ts'
import type { Profile } from '../profile.ts'
import { follow, unfollow } from '../writes/follow.ts'
import { updateProfile } from '../writes/update-profile.ts'
import { recordView } from '../writes/view.ts'
import { addToWatchlist, removeFromWatchlist } from '../writes/watchlist.ts'
import type { Context, Fields } from './context.ts'
import { movieOf, type Movie } from './movie.ts'
import { requireProfile } from './require-profile.ts'
import type { View } from './user.ts'

type UserArguments = Readonly<{ userId: string }>
type MovieArguments = Readonly<{ movieId: string }>

/** Everything that writes needs a signed-in user, with a profile to own what is written. @returns its UUID */
const requireOwner = async (context: Context): Promise<string> =>
  (await requireProfile(context, requireSubject(context))).id

/** Writes, then gives the user as it is after that. */
const written = async (context: Context, userId: string, write: () => Promise<unknown>): Promise<Profile> => {
  await write()
  forgetLoaded(context.loaders)
  return requireProfile(context, userId)
}

export const mutationFields = (database: ShardedDatabase, { maxFollowing }: UsersConfig) => {
  /** @returns the two UUIDs, both of users with a profile */
  const readPair = async ({ userId }: UserArguments, context: Context) => {
    const subject = requireSubject(context)
    const followeeId = decodeId('User', userId)
    const [follower, followee] = await Promise.all([
      requireProfile(context, subject),
      requireProfile(context, followeeId),
    ])
    return { followerId: follower.id, followeeId: followee.id }
  }

  const changeWatchlist =
    (change: typeof addToWatchlist) =>
    async (
      _root: unknown,
      args: MovieArguments,
      context: Context,
    ): Promise<Readonly<{ movie: Movie; viewer: Profile }>> => {
      requireSubject(context)
      const movieId = decodeId('Movie', args.movieId)
      const userId = await requireOwner(context)
      const viewer = await written(context, userId, () => change(database, { userId, movieId }))
      return { movie: movieOf(movieId), viewer }
    }

  return {
    updateProfile: async (_root, { input }: { input: unknown }, context) => {
      const profile = await requireProfile(context, requireSubject(context))
      return written(context, profile.id, () => updateProfile(database, profile, input))
    },
    follow: async (_root, args: UserArguments, context) => {
      const pair = await readPair(args, context)
      if (pair.followerId === pair.followeeId) {
        throw new MarqueeError('BAD_USER_INPUT', {
          reason: '`userId` is your own: nobody follows themselves.',
        })
      }
      return written(context, pair.followeeId, () => follow(database, pair, maxFollowing))
    },
    unfollow: async (_root, args: UserArguments, context) => {
      const pair = await readPair(args, context)
      return written(context, pair.followeeId, () => unfollow(database, pair))
    },
    addToWatchlist: changeWatchlist(addToWatchlist),
    removeFromWatchlist: changeWatchlist(removeFromWatchlist),
    recordView: async (
      _root,
      args: MovieArguments & Readonly<{ at?: Date | null }>,
      context,
    ): Promise<Readonly<{ movie: Movie; view: View }>> => {
      requireSubject(context)
      const movieId = decodeId('Movie', args.movieId)
      const at = args.at ?? new Date()
      const userId = await requireOwner(context)
      await recordView(database, { userId, movieId, at })
      forgetLoaded(context.loaders)
      const movie = movieOf(movieId)
      return { movie, view: { movie, at } }
    },
  } satisfies Fields<unknown>
}
