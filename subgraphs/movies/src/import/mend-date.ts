import { RowRefused, type NoteMend } from './film.ts'
import { isKnownTwoDigitYear } from './known-mistakes.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The day as `2010-07-16`; null when there is no such day. The first film was shown in 1888. */
const day = (year: number, month: number, date: number): string | null => {
  const at = new Date(Date.UTC(year, month, date))
  const exists = at.getUTCMonth() === month && at.getUTCDate() === date && year >= 1880 && year < 2200
  return exists ? at.toISOString().slice(0, 10) : null
}

const read = (text: string): string | null => {
  const words = /^([A-Za-z]{3})[a-z]* (\d{1,2}),? (\d{4})$/.exec(text)
  if (words) return day(Number(words[3]), months.indexOf((words[1] ?? '').toLowerCase()), Number(words[2]))
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (iso) return day(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]))
  return null
}

const centuryBack = (date: string): string => `${Number(date.slice(0, 4)) - 100}${date.slice(4)}`

/**
 * The release date of a row of the vega-datasets shape.
 * @param film.title    as printed, before any mend
 * @param film.printed  as printed: `Jul 16 2010` or `2010-07-16`
 * @param film.isOut    somebody has rated or paid for it, so it cannot lie in the future
 * @param today  `2026-11-24`
 * @throws RowRefused when it is not a date
 */
export const mendDate = (
  film: Readonly<{ title: string; printed: string; isOut: boolean }>,
  today: string,
  note: NoteMend,
): string | null => {
  const date = read(film.printed)
  if (date === null) throw new RowRefused(`"${film.printed.slice(0, 40)}" is not a release date`)
  // Zero seconds since 1970, west of Greenwich: what an empty date became. No film of the file came out on that day.
  if (film.printed === 'Dec 31 1969') {
    note('placeholder date removed')
    return null
  }
  if (isKnownTwoDigitYear(film.title, film.printed) || (film.isOut && date > today)) {
    note('two-digit year moved back a century')
    return centuryBack(date)
  }
  return date
}
