import { copyLine, type BulkRow, type BulkTable } from '@marquee/data'

/** `at`: milliseconds since 1970. */
export type SeedReview = Readonly<{ id: string; movieId: string; stars: number; text: string; at: number }>

const review: BulkTable = Object.freeze({
  table: 'review',
  columns: ['id', 'movie_id', 'author_id', 'stars', 'text', 'created_at'],
})

export const reviewRow = (authorId: string, { id, movieId, stars, text, at }: SeedReview): BulkRow => ({
  into: review,
  line: copyLine([id, movieId, authorId, stars, text, new Date(at).toISOString()]),
})

/** Ids of all movies, the most popular first. */
export const moviesByFame = 'select id from movie order by imdb_votes desc nulls last, id'
