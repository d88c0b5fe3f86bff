import { decodeId } from '@marquee/contract'
import type { MpaaRating } from '../import/film.ts'
import type { MovieFilter } from '../loaders/movie-filter.ts'
import { searchText } from '../search-text.ts'
import { badInput } from './bad-input.ts'

/** `MovieFilter` of the schema. Null and absent are the same: no wish. */
export type MovieFilterInput = Readonly<{
  titleContains?: string | null
  genreIds?: readonly string[] | null
  studioId?: string | null
  directorId?: string | null
  releasedFrom?: string | null
  releasedTo?: string | null
  mpaaRating?: readonly MpaaRating[] | null
  minAverage?: number | null
}>

const maxTextLength = 200
const maxListLength = 50

/**
 * A text to look for, in the form in which names are kept.
 * @throws BAD_USER_INPUT for a text with nothing in it, and for one that is too long
 */
export const readSearchText = (argument: string, given: string): string => {
  if (given.length > maxTextLength) {
    return badInput(`\`${argument}\` has ${given.length} characters; ${maxTextLength} are allowed.`)
  }
  const text = searchText(given)
  return text === '' ? badInput(`\`${argument}\` is empty.`) : text
}

const readList = <Item>(argument: string, items: readonly Item[]): readonly Item[] => {
  if (items.length === 0) return badInput(`\`${argument}\` is empty: leave it out to get all.`)
  if (items.length > maxListLength) {
    return badInput(`\`${argument}\` has ${items.length} entries; ${maxListLength} are allowed.`)
  }
  return [...new Set(items)]
}

const readDay = (argument: string, day: string): string =>
  day < '0001-01-01' ? badInput(`\`${argument}\` lies before the year 1.`) : day

/** Leaves out what was not given. */
const compact = (filter: { [Field in keyof MovieFilter]-?: MovieFilter[Field] | undefined }): MovieFilter =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))

const given = <In, Out>(value: In | null | undefined, read: (value: In) => Out): Out | undefined =>
  value === null || value === undefined ? undefined : read(value)

/** @throws BAD_USER_INPUT, INVALID_ID */
export const readFilter = (input: MovieFilterInput | null | undefined): MovieFilter => {
  const filter = input ?? {}
  const { releasedFrom, releasedTo } = filter
  if (releasedFrom && releasedTo && releasedFrom > releasedTo) {
    return badInput(`\`releasedFrom: ${releasedFrom}\` lies after \`releasedTo: ${releasedTo}\`.`)
  }
  return compact({
    titleContains: given(filter.titleContains, text => readSearchText('titleContains', text)),
    genreIds: given(filter.genreIds, ids => readList('genreIds', ids).map(id => decodeId('Genre', id))),
    studioId: given(filter.studioId, id => decodeId('Studio', id)),
    directorId: given(filter.directorId, id => decodeId('Person', id)),
    releasedFrom: given(releasedFrom, day => readDay('releasedFrom', day)),
    releasedTo: given(releasedTo, day => readDay('releasedTo', day)),
    mpaaRatings: given(filter.mpaaRating, ratings => readList('mpaaRating', ratings)),
    minAverage: given(filter.minAverage, average =>
      average >= 1 && average <= 5
        ? average
        : badInput(`\`minAverage: ${average}\` is out of range: 1 to 5.`),
    ),
  })
}
