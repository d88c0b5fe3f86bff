import { mpaaRatings, type MpaaRating } from './film.ts'

const plain = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')

const bySpelling = new Map<string, MpaaRating>([
  ...mpaaRatings.map(rating => [plain(rating), rating] as const),
  ['NR', 'Not Rated'],
  ['UNRATED', 'Not Rated'],
])

/** The rating in the MPAA's spelling, whatever the case and the hyphens; undefined when it is none. */
export const readMpaaRating = (text: string): MpaaRating | undefined => bySpelling.get(plain(text))
