import { deepStrictEqual } from 'node:assert'
import { makeLoaders } from '../../subgraphs/movies/src/loaders/index.ts'
import { median } from '../support/report.ts'
import { addReviews, type Films } from './films.ts'
import { Film, FilmReview, openPlainOrm } from './plain-orm.ts'
import { interleave, type CaseResult } from './result.ts'

const parents = 100
const reviewsEach = 200
const pageSize = 3

type Page = readonly Readonly<{ id: string; stars: number; text: string; at: number }>[]

const timed = async (read: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await read()
  return performance.now() - startedAt
}

/** The three newest reviews of 100 films: our loader, and MikroORM's own limit for each parent. */
export const childPages = async ({ database, url, ids }: Films, quick: boolean): Promise<CaseResult> => {
  const films = ids.slice(0, parents)
  await addReviews(database, films, reviewsEach)
  const orm = openPlainOrm(url, [Film, FilmReview])
  const among = { id: { $in: [...films] } }

  const byLoader = async (): Promise<readonly Page[]> => {
    const em = database.fork()
    const { reviewsOfMovie } = makeLoaders(em)
    const pages = await Promise.all(
      films.map(parent => reviewsOfMovie.load({ parent, order: 'NEWEST', limit: pageSize, after: null })),
    )
    return pages.map(page =>
      page.map(({ id, stars, text, createdAt }) => ({ id, stars, text, at: createdAt.getTime() })),
    )
  }
  const byHints = async (): Promise<readonly Page[]> => {
    const found = await orm.em.fork().find(Film, among, {
      fields: ['id', 'reviews.*'],
      populate: ['reviews'],
      strategy: 'select-in',
      populateHints: { reviews: { limit: pageSize } },
      populateOrderBy: { reviews: { createdAt: 'desc', id: 'desc' } },
    })
    const byId = new Map(found.map(film => [film.id, film]))
    return films.map(id =>
      (byId.get(id)?.reviews.getItems() ?? []).map(({ id: reviewId, stars, text, createdAt }) => ({
        id: reviewId,
        stars,
        text,
        at: createdAt.getTime(),
      })),
    )
  }
  try {
    deepStrictEqual(await byLoader(), await byHints())
    const figures = await interleave(
      quick ? 5 : 40,
      () => timed(byLoader),
      () => timed(byHints),
    )
    const ratio = median(figures.map(({ one, other }) => other / one))
    return {
      title: `Pages of ${pageSize} reviews for ${parents} films with ${reviewsEach} each`,
      rows: [
        { way: 'our loader', 'ms (median)': median(figures.map(({ one }) => one)).toFixed(1) },
        { way: 'populateHints.limit', 'ms (median)': median(figures.map(({ other }) => other)).toFixed(1) },
      ],
      bars: [
        {
          bar: `page of ${pageSize} reviews for ${parents} films: loader over populateHints.limit`,
          value: ratio,
          unit: 'x',
          least: 5,
          aim: 10,
          moreIsBetter: true,
        },
      ],
    }
  } finally {
    await orm.close(true)
  }
}
