// Mistakes of the published file that no rule can see, each looked up by hand. Keyed by title and printed date, so
// that they hold for any copy of the file and never touch another film.

/** Films of 1915 to 1946 whose two-digit year was read as one of this century. */
const twoDigitYears = new Set([
  'Duel in the Sun|Dec 31 2046',
  'Over the Hill to the Poorhouse|Sep 17 2020',
  'Wilson|Aug 01 2044',
  '20,000 Leagues Under the Sea|Dec 24 2016',
  '42nd Street|Mar 09 2033',
  'Ben-Hur|Dec 30 2025',
  'The Best Years of Our Lives|Nov 21 2046',
  'The Big Parade|Jan 01 2025',
  'The Birth of a Nation|Feb 08 2015',
  'Charge of the Light Brigade, The|Oct 20 2036',
  'Cat People|Nov 16 2042',
  'Fantasia|Nov 13 2040',
  'A Guy Named Joe|Dec 24 2043',
  'Gone with the Wind|Dec 15 2039',
  'How Green Was My Valley|Oct 28 2041',
  'Intolerance|Sep 05 2016',
  'King Kong (1933)|Apr 07 2033',
  'Modern Times|Feb 05 2036',
  'She Done Him Wrong|Feb 09 2033',
  'Snow White and the Seven Dwarfs|Dec 21 2037',
  'Wings|Aug 12 2027',
  'The Wizard of Oz|Aug 25 2039',
])

export const isKnownTwoDigitYear = (title: string, printedDate: string): boolean =>
  twoDigitYears.has(`${title}|${printedDate}`)

/** The film called "Unknown" (2006) lost its name to a reader that took it for "no value". */
export const knownTitle = (printedDate: unknown, distributor: unknown, minutes: unknown): string | null =>
  printedDate === 'Nov 03 2006' && distributor === 'IFC Films' && minutes === 85 ? 'Unknown' : null
