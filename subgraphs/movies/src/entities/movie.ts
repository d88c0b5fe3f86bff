import { defineEntity, p, type InferEntity } from '@marquee/data'
import { columnsOf } from './columns.ts'

const properties = {
  id: p.uuid().primary(),
  importKey: p.text(),
  title: p.text(),
  releaseDate: p.date().nullable(),
  runningTimeMinutes: p.integer().nullable(),
  mpaaRating: p.text().nullable(),
  directorId: p.uuid().nullable(),
  studioId: p.uuid().nullable(),
  source: p.text().nullable(),
  creativeType: p.text().nullable(),
  /** Amounts are in the smallest unit of `currency`. */
  productionBudget: p.bigint('number').nullable(),
  usGross: p.bigint('number').nullable(),
  worldwideGross: p.bigint('number').nullable(),
  currency: p.text(),
  imdbRating: p.double().nullable(),
  imdbVotes: p.integer().nullable(),
  rottenTomatoesRating: p.smallint().nullable(),
  /** Kept by the database in the transaction that changes a review. */
  ratingCount: p.integer(),
  ratingSum: p.integer(),
  ratingAverage: p.double().nullable(),
}

export const MovieEntity = defineEntity({ name: 'Movie', tableName: 'movie', properties })

export type MovieRow = Readonly<InferEntity<typeof MovieEntity>>

export const movieColumns = columnsOf('m', Object.keys(properties))
