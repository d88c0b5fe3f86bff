/** What a film's rating by the MPAA may be, as the database keeps it. */
export const mpaaRatings = ['G', 'PG', 'PG-13', 'R', 'NC-17', 'Not Rated', 'Open'] as const

export type MpaaRating = (typeof mpaaRatings)[number]

/** One film, cleaned: what both shapes of row come to, and what is written. */
export type Film = Readonly<{
  /** What makes it the same film when it is imported again. */
  importKey: string
  title: string
  /** `2010-07-16` */
  releaseDate: string | null
  runningTimeMinutes: number | null
  mpaaRating: MpaaRating | null
  genres: readonly string[]
  director: string | null
  studio: string | null
  source: string | null
  creativeType: string | null
  /** Amounts are in the smallest unit of `currency`. */
  productionBudget: number | null
  usGross: number | null
  worldwideGross: number | null
  currency: string
  imdbRating: number | null
  imdbVotes: number | null
  rottenTomatoesRating: number | null
}>

/** Called once for each mend, with its kind. */
export type NoteMend = (kind: MendKind) => void

/** Each kind of dirt that the import knows how to mend, in the words of its report. */
export const mendKinds = [
  'numeric title made text',
  'missing title filled in',
  'title decoded again',
  'article moved to the front of the title',
  'year taken out of the title',
  'spaces collapsed',
  'doubled quotes made single',
  'two-digit year moved back a century',
  'placeholder date removed',
  'placeholder text removed',
  'zero gross removed',
  'number in text made a number',
  'worldwide gross raised to the US gross',
  'rating spelled as the MPAA does',
  'duplicate row merged into the later one',
] as const

export type MendKind = (typeof mendKinds)[number]

/** Why a row cannot be imported. Never leaves the import: it becomes an entry of the report. */
export class RowRefused extends Error {}
