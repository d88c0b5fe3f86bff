import { decodeId, encodeId, uuidFromName } from '@marquee/contract'
import { readSize } from '@marquee/subgraph'
import { matchForViewer } from '../match-for-viewer.ts'
import { viewerOf } from '../viewer.ts'
import type { Context, Fields } from './context.ts'
import { requireProfile } from './require-profile.ts'

/** A movie, of which this subgraph knows no more than what others name it by. */
export type Movie = Readonly<{
  id: string
  /** What the gateway fetched for `matchForViewer`. */
  genres?: readonly Readonly<{ id: string }>[]
  rating?: Readonly<{ average: number | null }>
}>

/** @param uuid  of a movie; whether it exists is for the movies subgraph to say */
export const movieOf = (uuid: string): Movie => ({ id: encodeId('Movie', uuid) })

/** The id of the genre with this name, the same as in the movies subgraph. */
export const genreId = (name: string): string => encodeId('Genre', uuidFromName('Genre', name))

const uuidOf = (movie: Movie): string => decodeId('Movie', movie.id)

export const movieFields = {
  viewerHasSeen: (movie, _args, context) =>
    viewerOf(context) === null ? null : context.loaders.viewerHasSeen.load(uuidOf(movie)),
  isOnViewerWatchlist: (movie, _args, context) =>
    viewerOf(context) === null ? null : context.loaders.isOnViewerWatchlist.load(uuidOf(movie)),
  watchlistCount: (movie, _args, context) => context.loaders.watchlistCount.load(uuidOf(movie)),
  seenByFriends: async (movie, args: { first: number }, context) => {
    const limit = readSize(args.first, { argument: 'first', max: 100 })
    const users = await context.loaders.seenByFriends.load({ movieId: uuidOf(movie), limit })
    return users.map(user => requireProfile(context, user))
  },
  matchForViewer: async ({ genres = [], rating }, _args, context) => {
    const viewer = viewerOf(context)
    if (viewer === null) return null
    const profile = await context.loaders.profile.load(viewer)
    const favourites = new Set(profile?.favouriteGenres.map(genreId))
    return matchForViewer(
      genres.map(({ id }) => id),
      rating?.average ?? null,
      favourites,
    )
  },
} satisfies Fields<Movie>

/** @throws INVALID_ID */
export const movieReference = (reference: Movie, _context: Context): Movie => {
  decodeId('Movie', reference.id)
  return reference
}
