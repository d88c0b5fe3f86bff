import { decodeId, encodeId } from '@marquee/contract'
import { readPage, toConnection, type Connection } from '@marquee/subgraph'
import type { ViewRow } from '../loaders/make-loaders.ts'
import type { PageRow } from '../loaders/page-loader.ts'
import { positionSchema, type Position } from '../loaders/position.ts'
import type { Profile } from '../profile.ts'
import { viewerOf } from '../viewer.ts'
import type { Context, Fields, PageArguments } from './context.ts'
import { genreId, movieOf, type Movie } from './movie.ts'
import { requireProfile } from './require-profile.ts'

/** A row of a list of users stands for its user until a field of the profile is asked for. */
type UserRef = Readonly<{ userId: string }>

export type View = Readonly<{ movie: Movie; at: Date }>

type LoadPage<Row> = (key: {
  owner: string
  limit: number
  after: Position | null
}) => Promise<readonly Row[]>

/** Reads the page of `owner`'s list that `args` ask for. */
const pageOf = async <Row extends PageRow, Node, Extra extends object>(
  owner: string,
  args: PageArguments,
  options: Readonly<{
    load: LoadPage<Row>
    nodeOf: (row: Row) => Node
    edge?: (row: Row) => Extra
    totalCount?: number | (() => Promise<number>)
  }>,
): Promise<Connection<Node, Extra>> => {
  const { load, ...shape } = options
  const { limit, after } = readPage(args, { cursor: positionSchema })
  const rows = await load({ owner, limit: limit + 1, after })
  const cursorOf = (row: Row): Position => [row.at.getTime(), row.id]
  return toConnection(rows, { limit, after, cursorOf, ...shape })
}

const usersOf = (load: LoadPage<PageRow>, owner: string, args: PageArguments, totalCount: number) =>
  pageOf(owner, args, {
    load,
    nodeOf: ({ id }): UserRef => ({ userId: id }),
    edge: ({ at }) => ({ followedAt: at }),
    totalCount,
  })

export const userFields = {
  id: user => encodeId('User', user.id),
  favouriteGenres: user => user.favouriteGenres.map(name => ({ id: genreId(name), name })),
  followers: (user, args: PageArguments, { loaders }) =>
    usersOf(key => loaders.followers.load(key), user.id, args, user.followerCount),
  following: (user, args: PageArguments, { loaders }) =>
    usersOf(key => loaders.following.load(key), user.id, args, user.followingCount),
  isFollowedByViewer: (user, _args, context) =>
    viewerOf(context) === null ? null : context.loaders.isFollowedByViewer.load(user.id),
  watchlist: (user, args: PageArguments, { loaders }) =>
    pageOf(user.id, args, {
      load: key => loaders.watchlist.load(key),
      nodeOf: ({ id }) => movieOf(id),
      edge: ({ at }) => ({ addedAt: at }),
      totalCount: () => loaders.watchlistSize.load(user.id),
    }),
  history: (user, args: PageArguments, context) =>
    viewerOf(context) !== user.id
      ? null
      : pageOf(user.id, args, {
          load: key => context.loaders.history.load(key),
          nodeOf: (row: ViewRow): View => ({ movie: movieOf(row.movie_id), at: row.at }),
        }),
} satisfies Fields<Profile>

export const userConnectionFields = {
  nodes: ({ nodes }, _args, context) => nodes.map(({ userId }) => requireProfile(context, userId)),
} satisfies Fields<Connection<UserRef>>

export const userEdgeFields = {
  node: ({ node }, _args, context) => requireProfile(context, node.userId),
} satisfies Fields<Readonly<{ node: UserRef }>>

/** @throws INVALID_ID */
export const userReference = async (
  { id }: Readonly<{ id: string }>,
  { loaders }: Context,
): Promise<Profile | null> => loaders.profile.load(decodeId('User', id))
