import { reviewColumns } from '../entities/review.ts'
import type { ChildList } from './child-pages.ts'

export type ReviewOrder = 'NEWEST' | 'OLDEST' | 'BEST' | 'WORST'

const byTime = [
  { sql: 'r.created_at', type: 'timestamptz' },
  { sql: 'r.id', type: 'uuid' },
]
const byStars = [{ sql: 'r.stars', type: 'smallint' }, ...byTime]

const reviewsOf = (
  owner: 'movie_id' | 'author_id',
  sort: ChildList['sort'],
  direction: ChildList['direction'],
): ChildList => ({ columns: reviewColumns, from: 'review r', where: `r.${owner} = p.id`, sort, direction })

/** Reviews of a movie; among equal stars the best list has the newest first, the worst list the oldest. */
export const movieReviews: Readonly<Record<ReviewOrder, ChildList>> = {
  NEWEST: reviewsOf('movie_id', byTime, 'desc'),
  OLDEST: reviewsOf('movie_id', byTime, 'asc'),
  BEST: reviewsOf('movie_id', byStars, 'desc'),
  WORST: reviewsOf('movie_id', byStars, 'asc'),
}

/** Reviews of a user, newest first. */
export const userReviews: ChildList = reviewsOf('author_id', byTime, 'desc')
