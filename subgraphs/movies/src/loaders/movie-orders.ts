import { z } from 'zod'

const day = z.iso.date().refine(date => date >= '0001-01-01')
const int4 = z.int32()

/** What each order of `movies` looks at. `value` checks what comes back in a cursor. */
export const movieOrders = {
  TITLE: {
    column: 'search_text',
    type: 'text',
    nullable: false,
    value: z
      .string()
      .max(2000)
      .regex(/^[^\0]*$/),
  },
  RELEASE_DATE: { column: 'release_date', type: 'date', nullable: true, value: day },
  POPULARITY: { column: 'imdb_votes', type: 'integer', nullable: true, value: int4 },
  IMDB_RATING: { column: 'imdb_rating', type: 'double precision', nullable: true, value: z.number() },
  WORLDWIDE_GROSS: { column: 'worldwide_gross', type: 'bigint', nullable: true, value: z.int() },
  RATING: { column: 'rating_average', type: 'double precision', nullable: true, value: z.number() },
} as const

export type MovieOrderField = keyof typeof movieOrders

export type MovieOrder = Readonly<{ field: MovieOrderField; direction: 'ASC' | 'DESC' }>

/** A place in an ordered list: the value that the order looks at, and the movie's UUID. */
export type MoviePosition = Readonly<{ value: string | number | null; id: string }>
