import { defineEntity, p, type InferEntity } from '@marquee/data'
import { columnsOf } from './columns.ts'

const properties = {
  // The table's key is (movie_id, id), since it is partitioned by movie; the id alone is unique too, as it is a UUIDv7.
  id: p.uuid().primary(),
  movieId: p.uuid(),
  authorId: p.uuid(),
  stars: p.smallint(),
  text: p.text(),
  createdAt: p.datetime(3),
  editedAt: p.datetime(3).nullable(),
}

export const ReviewEntity = defineEntity({ name: 'Review', tableName: 'review', properties })

export type ReviewRow = Readonly<InferEntity<typeof ReviewEntity>>

export const reviewColumns = columnsOf('r', Object.keys(properties))
