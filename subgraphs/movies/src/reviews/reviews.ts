import { MarqueeError } from '@marquee/contract'
import { sqlRows, type Database, type EntityManager } from '@marquee/data'
import { reviewColumns, type ReviewRow } from '../entities/review.ts'

/** All ids are UUIDs. */
export type Reviews = Readonly<{
  /** @throws NOT_FOUND when there is no such movie, REVIEW_EXISTS */
  add: (review: Pick<ReviewRow, 'movieId' | 'authorId' | 'stars' | 'text'>) => Promise<ReviewRow>
  /** Null leaves as it is. @throws NOT_FOUND, FORBIDDEN when it is somebody else's */
  edit: (
    change: Readonly<{ id: string; authorId: string; stars: number | null; text: string | null }>,
  ) => Promise<ReviewRow>
  /** Null for the author: whoever wrote it. Gives the movie's id. @throws NOT_FOUND, FORBIDDEN */
  delete: (which: Readonly<{ id: string; authorId: string | null }>) => Promise<string>
}>

/** Why a statement that names review and author met no row. */
const refuse = async (em: EntityManager, id: string): Promise<never> => {
  const found = await sqlRows(em, 'select 1 as one from review where id = $1', [id])
  if (found.length === 0) throw new MarqueeError('NOT_FOUND', { type: 'review' })
  throw new MarqueeError('FORBIDDEN', { reason: 'this review is not yours.' })
}

/** Writes reviews: one transaction each, in which the database keeps the movie's summary, too. */
export const openReviews = (database: Database): Reviews => ({
  add: ({ movieId, authorId, stars, text }) =>
    database.transaction(async em => {
      const [review] = await sqlRows<ReviewRow>(
        em,
        `insert into review as r (movie_id, author_id, stars, text)
         select m.id, $2, $3, $4 from movie m where m.id = $1
         on conflict (movie_id, author_id) do nothing
         returning ${reviewColumns}`,
        [movieId, authorId, stars, text],
      )
      if (review !== undefined) return review
      const movie = await sqlRows(em, 'select 1 as one from movie where id = $1', [movieId])
      throw movie.length === 0
        ? new MarqueeError('NOT_FOUND', { type: 'movie' })
        : new MarqueeError('REVIEW_EXISTS')
    }),

  edit: ({ id, authorId, stars, text }) =>
    database.transaction(async em => {
      const [review] = await sqlRows<ReviewRow>(
        em,
        `update review r set stars = coalesce($3, r.stars), text = coalesce($4, r.text),
                edited_at = clock_timestamp()
          where r.id = $1 and r.author_id = $2
          returning ${reviewColumns}`,
        [id, authorId, stars, text],
      )
      return review ?? refuse(em, id)
    }),

  delete: ({ id, authorId }) =>
    database.transaction(async em => {
      const [review] = await sqlRows<{ movieId: string }>(
        em,
        `delete from review r where r.id = $1 and ($2::uuid is null or r.author_id = $2)
          returning r.movie_id as "movieId"`,
        [id, authorId],
      )
      return review === undefined ? refuse(em, id) : review.movieId
    }),
})
