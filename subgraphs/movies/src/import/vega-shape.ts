import { RowRefused, type Film, type NoteMend } from './film.ts'
import { importKeyOf } from './import-key.ts'
import { knownTitle } from './known-mistakes.ts'
import { mendDate } from './mend-date.ts'
import { mendTitle, tidy } from './mend-title.ts'
import { readMpaaRating } from './mpaa-rating.ts'

type Row = Readonly<Record<string, unknown>>
type Bounds = Readonly<{ least: number; most: number; whole?: boolean }>

const placeholder = /^(|-|tbd|tba|n\/?a|none|null|unknown|distributor unknown)$/i

const textOf = (row: Row, name: string, note: NoteMend): string | null => {
  const value = row[name] ?? null
  if (value === null) return null
  if (typeof value !== 'string') throw new RowRefused(`"${name}" is not a text`)
  if (placeholder.test(value.trim())) {
    note('placeholder text removed')
    return null
  }
  if (value.length > 500) throw new RowRefused(`"${name}" is longer than 500 characters`)
  const unquoted = value.replaceAll('""', '"')
  if (unquoted !== value) note('doubled quotes made single')
  return tidy(unquoted, note)
}

const numberOf = (row: Row, name: string, bounds: Bounds, note: NoteMend): number | null => {
  let value = row[name] ?? null
  if (typeof value === 'string') {
    if (placeholder.test(value.trim())) {
      note('placeholder text removed')
      return null
    }
    value = Number(value.replaceAll(/[$,\s]/g, ''))
    note('number in text made a number')
  }
  if (value === null) return null
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new RowRefused(`"${name}" is not a number`)
  if (value < bounds.least || value > bounds.most || (bounds.whole === true && !Number.isInteger(value))) {
    throw new RowRefused(`"${name}" is ${value}, which is out of range`)
  }
  return value
}

/** Dollars of the file to cents. */
const moneyOf = (row: Row, name: string, note: NoteMend): number | null => {
  const dollars = numberOf(row, name, { least: 0, most: 1e13 }, note)
  return dollars === null ? null : Math.round(dollars * 100)
}

/** A gross of nothing means in this file that nobody counted. */
const grossOf = (row: Row, name: string, note: NoteMend): number | null => {
  const cents = moneyOf(row, name, note)
  if (cents !== 0) return cents
  note('zero gross removed')
  return null
}

const titleOf = (row: Row, note: NoteMend): string => {
  const title = row['Title'] ?? null
  if (typeof title === 'number') {
    note('numeric title made text')
    return String(title)
  }
  if (typeof title === 'string' && title.trim() !== '') {
    if (title.length > 500) throw new RowRefused('"Title" is longer than 500 characters')
    return title
  }
  if (title !== null && typeof title !== 'string') throw new RowRefused('"Title" is not a text')
  const known = knownTitle(row['Release Date'], row['Distributor'], row['Running Time min'])
  if (known === null) throw new RowRefused('it has no title')
  note('missing title filled in')
  return known
}

const mpaaRatingOf = (row: Row, note: NoteMend): Film['mpaaRating'] => {
  const text = textOf(row, 'MPAA Rating', note)
  if (text === null) return null
  const rating = readMpaaRating(text)
  if (rating === undefined) throw new RowRefused(`"${text.slice(0, 40)}" is not an MPAA rating`)
  if (rating !== text) note('rating spelled as the MPAA does')
  return rating
}

/** Older editions of the file write `US_Gross` for `US Gross`. */
const withSpaces = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replaceAll('_', ' '), value]))

export const isVegaShape = (row: Row): boolean => 'Title' in row

/**
 * Cleans one row of the shape of `movies.json` of vega-datasets.
 * @param today  `2026-11-24`: a film that has an audience cannot come out after it
 * @throws RowRefused with the reason
 */
export const filmOfVega = (given: Row, today: string, note: NoteMend): Film => {
  const row = withSpaces(given)
  const printedTitle = titleOf(row, note)
  const title = mendTitle(printedTitle, note)
  if (title === '') throw new RowRefused('it has no title')
  const imdbVotes = numberOf(row, 'IMDB Votes', { least: 0, most: 2_147_483_647, whole: true }, note)
  const usGross = grossOf(row, 'US Gross', note)
  let worldwideGross = grossOf(row, 'Worldwide Gross', note)
  if (usGross !== null && worldwideGross !== null && worldwideGross < usGross) {
    worldwideGross = usGross
    note('worldwide gross raised to the US gross')
  }
  const isOut = (imdbVotes ?? 0) > 0 || usGross !== null || worldwideGross !== null
  const printed = textOf(row, 'Release Date', note)
  const releaseDate = printed === null ? null : mendDate({ title: printedTitle, printed, isOut }, today, note)
  const genre = textOf(row, 'Major Genre', note)
  return {
    importKey: importKeyOf(title, releaseDate),
    title,
    releaseDate,
    runningTimeMinutes: numberOf(row, 'Running Time min', { least: 1, most: 10_000, whole: true }, note),
    mpaaRating: mpaaRatingOf(row, note),
    genres: genre === null ? [] : [genre],
    director: textOf(row, 'Director', note),
    studio: textOf(row, 'Distributor', note),
    source: textOf(row, 'Source', note),
    creativeType: textOf(row, 'Creative Type', note),
    productionBudget: moneyOf(row, 'Production Budget', note),
    usGross,
    worldwideGross,
    currency: 'USD',
    imdbRating: numberOf(row, 'IMDB Rating', { least: 1, most: 10 }, note),
    imdbVotes,
    rottenTomatoesRating: numberOf(row, 'Rotten Tomatoes Rating', { least: 0, most: 100, whole: true }, note),
  }
}
