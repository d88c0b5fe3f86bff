import { encodeId } from '@marquee/contract'
import { readSize, type FieldResolvers } from '@marquee/subgraph'
import type { MovieRow } from '../entities/movie.ts'
import type { ReviewOrder } from '../loaders/review-lists.ts'
import { movieReviewsConnection } from './connections.ts'
import type { Context, PageArgs } from './context.ts'

type Money = Readonly<{ amount: number; currency: string }>

const money = (amount: number | null | undefined, { currency }: MovieRow): Money | null =>
  amount === null || amount === undefined ? null : { amount, currency }

export const movieFields = {
  id: movie => encodeId('Movie', movie.id),
  displayName: movie => movie.title,
  releaseYear: movie => (movie.releaseDate ? Number(movie.releaseDate.slice(0, 4)) : null),
  genres: (movie, _args, { loaders }) => loaders.genresOfMovie.load(movie.id),
  director: (movie, _args, { loaders }) =>
    movie.directorId ? loaders.personById.load(movie.directorId) : null,
  studio: (movie, _args, { loaders }) => (movie.studioId ? loaders.studioById.load(movie.studioId) : null),
  productionBudget: movie => money(movie.productionBudget, movie),
  usGross: movie => money(movie.usGross, movie),
  worldwideGross: movie => money(movie.worldwideGross, movie),
  rottenTomatoes: movie => movie.rottenTomatoesRating,
  rating: movie => ({ average: movie.ratingAverage, count: movie.ratingCount }),
  reviews: (movie, args: PageArgs & Readonly<{ orderBy: ReviewOrder }>, context) =>
    movieReviewsConnection(movie, args, context),
  similar: (movie, { first }: PageArgs, { loaders }) =>
    loaders.similarMovies.load({
      movieId: movie.id,
      size: readSize(first, { argument: 'first', max: 50 }),
    }),
} satisfies FieldResolvers<MovieRow, Context>
