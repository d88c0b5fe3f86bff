import type { EntityManager } from '@marquee/data'
import type { MovieRow } from '../entities/movie.ts'
import type { ReviewRow } from '../entities/review.ts'
import { childCounts, childPages } from './child-pages.ts'
import { firstGenres, genresOfMovie } from './genres.ts'
import { movieCounts, moviePages } from './movie-pages.ts'
import { ownedMovies } from './owned-movies.ts'
import { movieReviews, userReviews, type ReviewOrder } from './review-lists.ts'
import { genreById, movieById, personById, reviewById, studioById } from './rows-by-id.ts'
import { searches } from './search.ts'
import { similarMovies } from './similar.ts'

/** The loaders of one request. Each asks the database once for all keys of one turn. */
export const makeLoaders = (em: EntityManager) => {
  const reviews = {
    movieById: movieById(em),
    reviewById: reviewById(em),
    reviewsOfMovie: childPages<ReviewRow, ReviewOrder>(em, order => movieReviews[order]),
    reviewsOfUser: childPages<ReviewRow, 'NEWEST'>(em, () => userReviews),
    reviewCountOfUser: childCounts(em, 'review', 'author_id'),
    moviePages: moviePages(em),
    movieCounts: movieCounts(em),
  }
  return {
    ...reviews,
    personById: personById(em),
    studioById: studioById(em),
    genreById: genreById(em),
    genresOfMovie: genresOfMovie(em),
    firstGenres: firstGenres(em),
    moviesOf: {
      Person: childPages<MovieRow, 'NEWEST'>(em, () => ownedMovies.Person),
      Studio: childPages<MovieRow, 'NEWEST'>(em, () => ownedMovies.Studio),
      Genre: childPages<MovieRow, 'NEWEST'>(em, () => ownedMovies.Genre),
    },
    movieCountOf: {
      Person: childCounts(em, 'movie', 'director_id'),
      Studio: childCounts(em, 'movie', 'studio_id'),
      Genre: childCounts(em, 'movie_genre', 'genre_id'),
    },
    searches: searches(em),
    similarMovies: similarMovies(em),
    /** Drops what a change of a review makes stale: a request may write and read in turn. */
    forgetReviews: (): void => {
      for (const loader of Object.values(reviews)) loader.clearAll()
    },
  }
}

export type Loaders = ReturnType<typeof makeLoaders>
