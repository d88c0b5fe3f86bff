import type { EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import { MovieEntity, type MovieRow } from '../entities/movie.ts'
import { GenreEntity, PersonEntity, StudioEntity, type NamedRow } from '../entities/named.ts'
import { ReviewEntity, type ReviewRow } from '../entities/review.ts'

type Find<Row> = (ids: readonly string[]) => Promise<readonly Row[]>

/** Rows by UUID, null for what is not there. */
export type RowsById<Row> = DataLoader<string, Row | null>

const rowsById = <Row extends Readonly<{ id: string }>>(find: Find<Row>): RowsById<Row> =>
  new DataLoader<string, Row | null>(
    async ids => {
      const rows = new Map((await find(ids)).map(row => [row.id, row]))
      return ids.map(id => rows.get(id) ?? null)
    },
    { maxBatchSize: 1000 },
  )

// Loaders are the cache of a request, and after a write they are cleared: an identity map beneath would keep the old row.
const fresh = { disableIdentityMap: true } as const
const among = (ids: readonly string[]) => ({ id: { $in: [...ids] } })

export const movieById = (em: EntityManager): RowsById<MovieRow> =>
  rowsById(ids => em.find(MovieEntity, among(ids), fresh))

export const personById = (em: EntityManager): RowsById<NamedRow> =>
  rowsById(ids => em.find(PersonEntity, among(ids), fresh))

export const studioById = (em: EntityManager): RowsById<NamedRow> =>
  rowsById(ids => em.find(StudioEntity, among(ids), fresh))

export const genreById = (em: EntityManager): RowsById<NamedRow> =>
  rowsById(ids => em.find(GenreEntity, among(ids), fresh))

export const reviewById = (em: EntityManager): RowsById<ReviewRow> =>
  rowsById(ids => em.find(ReviewEntity, among(ids), fresh))
