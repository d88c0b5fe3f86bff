import type { MpaaRating } from '../import/film.ts'

/** Which movies are wanted. All ids are UUIDs; a field that is missing asks for nothing. */
export type MovieFilter = Readonly<{
  /** In the form of `searchText`. */
  titleContains?: string
  genreIds?: readonly string[]
  studioId?: string
  directorId?: string
  releasedFrom?: string
  releasedTo?: string
  mpaaRatings?: readonly MpaaRating[]
  minAverage?: number
}>

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`)

/** The filter as SQL over `movie m`; values are appended to `params`. */
export const conditionsOf = (filter: MovieFilter, params: unknown[]): string => {
  const conditions: string[] = ['true']
  const add = (value: unknown, sql: (placeholder: string) => string): void => {
    if (value === undefined) return
    params.push(value)
    conditions.push(sql(`$${params.length}`))
  }
  const contains = filter.titleContains
  add(contains && `%${escapeLike(contains)}%`, at => `m.search_text like ${at}`)
  add(
    filter.genreIds,
    at => `exists (select 1 from movie_genre g where g.movie_id = m.id and g.genre_id = any(${at}::uuid[]))`,
  )
  add(filter.studioId, at => `m.studio_id = ${at}::uuid`)
  add(filter.directorId, at => `m.director_id = ${at}::uuid`)
  add(filter.releasedFrom, at => `m.release_date >= ${at}::date`)
  add(filter.releasedTo, at => `m.release_date <= ${at}::date`)
  add(filter.mpaaRatings, at => `m.mpaa_rating = any(${at}::text[])`)
  add(filter.minAverage, at => `m.rating_average >= ${at}::double precision`)
  return conditions.join(' and ')
}
