import { readPage, toConnection, type Connection } from '@marquee/subgraph'
import { z } from 'zod'
import type { MovieRow } from '../entities/movie.ts'
import type { ReviewRow } from '../entities/review.ts'
import { positionOf, type Child } from '../loaders/child-pages.ts'
import type { MovieFilter } from '../loaders/movie-filter.ts'
import { movieOrders, type MovieOrder } from '../loaders/movie-orders.ts'
import { ownedMovies } from '../loaders/owned-movies.ts'
import { movieReviews, userReviews, type ReviewOrder } from '../loaders/review-lists.ts'
import type { Context, PageArgs } from './context.ts'

const uuid = z.guid()
const day = z.union([z.iso.date().refine(date => date >= '0001-01-01'), z.literal('-infinity')])
const moment = z.iso.datetime()
const stars = z.int().min(1).max(5)

/** One page of all movies. Its cursors say which order they belong to, so that another order refuses them. */
export const moviesConnection = async (
  args: PageArgs,
  order: MovieOrder,
  filter: MovieFilter,
  { loaders }: Context,
): Promise<Connection<MovieRow>> => {
  const { value, nullable } = movieOrders[order.field]
  const cursor: z.ZodType<[string, string | number | null, string]> = z.tuple([
    z.literal(`${order.field} ${order.direction}`),
    nullable ? z.nullable(value) : value,
    uuid,
  ])
  const { limit, after } = readPage(args, { cursor })
  const rows = await loaders.moviePages.load({
    filter,
    order,
    limit: limit + 1,
    after: after === null ? null : { value: after[1], id: after[2] },
  })
  return toConnection(rows, {
    limit,
    after,
    cursorOf: row => [`${order.field} ${order.direction}`, row.position, row.id],
    nodeOf: row => row,
    totalCount: () => loaders.movieCounts.load(filter),
  })
}

const newestMovie: z.ZodType<readonly unknown[]> = z.tuple([day, uuid])

/** One page of the movies of a person, a studio or a genre. */
export const ownedMoviesConnection = async (
  owner: keyof typeof ownedMovies,
  parent: string,
  args: PageArgs,
  { loaders }: Context,
): Promise<Connection<MovieRow>> => {
  const { limit, after } = readPage(args, { cursor: newestMovie })
  const page = { parent, order: 'NEWEST', limit: limit + 1, after } as const
  const rows = await loaders.moviesOf[owner].load(page)
  return toConnection(rows, {
    limit,
    after,
    cursorOf: row => positionOf(row, ownedMovies[owner]),
    nodeOf: (row: Child<MovieRow>): MovieRow => row,
    totalCount: () => loaders.movieCountOf[owner].load(parent),
  })
}

const reviewCursors: Readonly<Record<ReviewOrder, z.ZodType<readonly unknown[]>>> = {
  NEWEST: z.tuple([z.literal('NEWEST'), moment, uuid]),
  OLDEST: z.tuple([z.literal('OLDEST'), moment, uuid]),
  BEST: z.tuple([z.literal('BEST'), stars, moment, uuid]),
  WORST: z.tuple([z.literal('WORST'), stars, moment, uuid]),
}

/** One page of the reviews of a movie. */
export const movieReviewsConnection = async (
  movie: MovieRow,
  args: PageArgs & Readonly<{ orderBy: ReviewOrder }>,
  { loaders }: Context,
): Promise<Connection<ReviewRow>> => {
  const order = args.orderBy
  const { limit, after } = readPage(args, { cursor: reviewCursors[order] })
  const rows = await loaders.reviewsOfMovie.load({
    parent: movie.id,
    order,
    limit: limit + 1,
    after: after === null ? null : after.slice(1),
  })
  return toConnection(rows, {
    limit,
    after,
    cursorOf: (row): readonly unknown[] => [order, ...positionOf(row, movieReviews[order])],
    nodeOf: (row: Child<ReviewRow>): ReviewRow => row,
    totalCount: movie.ratingCount,
  })
}

/** One page of the reviews of a user. */
export const userReviewsConnection = async (
  userId: string,
  args: PageArgs,
  { loaders }: Context,
): Promise<Connection<ReviewRow>> => {
  const { limit, after } = readPage(args, { cursor: reviewCursors.NEWEST })
  const rows = await loaders.reviewsOfUser.load({
    parent: userId,
    order: 'NEWEST',
    limit: limit + 1,
    after: after === null ? null : after.slice(1),
  })
  return toConnection(rows, {
    limit,
    after,
    cursorOf: (row): readonly unknown[] => ['NEWEST', ...positionOf(row, userReviews)],
    nodeOf: (row: Child<ReviewRow>): ReviewRow => row,
    totalCount: () => loaders.reviewCountOfUser.load(userId),
  })
}
