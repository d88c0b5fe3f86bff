import { describe, expect, test } from '@jest/globals'
import type { Film, MendKind } from './film.ts'
import { readFilm } from './read-film.ts'

const today = '2026-11-24'

const read = (row: unknown): Readonly<{ film: Film; mends: readonly MendKind[] }> => {
  const mends: MendKind[] = []
  const film = readFilm(row, today, kind => mends.push(kind))
  return { film, mends }
}

const reason = (row: unknown): string => {
  try {
    return `accepted: ${read(row).film.title}`
  } catch (error) {
    return (error as Error).message
  }
}

describe('the vega-datasets shape', () => {
  test('becomes a film, dollars becoming cents', () => {
    const { film, mends } = read({
      Title: 'Inception',
      'US Gross': 285630280,
      'Worldwide Gross': 753830280,
      'US DVD Sales': null,
      'Production Budget': 160000000,
      'Release Date': 'Jul 16 2010',
      'MPAA Rating': 'PG-13',
      'Running Time min': 147,
      Distributor: 'Warner Bros.',
      Source: 'Original Screenplay',
      'Major Genre': 'Thriller/Suspense',
      'Creative Type': 'Science Fiction',
      Director: 'Christopher Nolan',
      'Rotten Tomatoes Rating': 87,
      'IMDB Rating': 9.1,
      'IMDB Votes': 188247,
    })
    expect(mends).toEqual([])
    expect(film).toEqual({
      importKey: 'inception|2010-07-16',
      title: 'Inception',
      releaseDate: '2010-07-16',
      runningTimeMinutes: 147,
      mpaaRating: 'PG-13',
      genres: ['Thriller/Suspense'],
      director: 'Christopher Nolan',
      studio: 'Warner Bros.',
      source: 'Original Screenplay',
      creativeType: 'Science Fiction',
      productionBudget: 16_000_000_000,
      usGross: 28_563_028_000,
      worldwideGross: 75_383_028_000,
      currency: 'USD',
      imdbRating: 9.1,
      imdbVotes: 188247,
      rottenTomatoesRating: 87,
    })
  })

  test.each<[string, object, Partial<Film>, MendKind]>([
    ['a number for a title', { Title: 300 }, { title: '300' }, 'numeric title made text'],
    ['TBD for a director', { Title: 'A', Director: 'TBD' }, { director: null }, 'placeholder text removed'],
    [
      'an unknown distributor',
      { Title: 'A', Distributor: 'Distributor Unknown' },
      { studio: null },
      'placeholder text removed',
    ],
    [
      'text for an amount',
      { Title: 'A', 'US Gross': '$1,234' },
      { usGross: 123_400 },
      'number in text made a number',
    ],
    ['a gross of nothing', { Title: 'A', 'US Gross': 0 }, { usGross: null }, 'zero gross removed'],
    [
      'worldwide below US',
      { Title: 'A', 'US Gross': 5, 'Worldwide Gross': 3 },
      { worldwideGross: 500 },
      'worldwide gross raised to the US gross',
    ],
    [
      'another spelling of a rating',
      { Title: 'A', 'MPAA Rating': 'pg13' },
      { mpaaRating: 'PG-13' },
      'rating spelled as the MPAA does',
    ],
    [
      'unrated',
      { Title: 'A', 'MPAA Rating': 'NR' },
      { mpaaRating: 'Not Rated' },
      'rating spelled as the MPAA does',
    ],
    [
      'doubled quotes',
      { Title: 'A', Director: 'Jeff ""King Jeff"" Hollins' },
      { director: 'Jeff "King Jeff" Hollins' },
      'doubled quotes made single',
    ],
    [
      'an epoch of zero',
      { Title: 'Drei', 'Release Date': 'Dec 31 1969' },
      { releaseDate: null },
      'placeholder date removed',
    ],
    [
      'a future with an audience',
      { Title: 'A', 'Release Date': 'Mar 01 2050', 'IMDB Votes': 9 },
      { releaseDate: '1950-03-01' },
      'two-digit year moved back a century',
    ],
    [
      'a known mistake that time has overtaken',
      { Title: 'The Birth of a Nation', 'Release Date': 'Feb 08 2015' },
      { releaseDate: '1915-02-08' },
      'two-digit year moved back a century',
    ],
  ])('mends %s', (_, row, film, kind) => {
    const found = read(row)
    expect(found.film).toMatchObject(film)
    expect(found.mends).toEqual([kind])
  })

  test('leaves a film alone that is announced, and one of this century', () => {
    expect(read({ Title: 'A', 'Release Date': 'Mar 01 2050' }).film.releaseDate).toBe('2050-03-01')
    expect(read({ Title: 'A', 'Release Date': 'Mar 01 2015', 'IMDB Votes': 9 }).mends).toEqual([])
  })

  test('takes underscores in names and ISO dates of other editions', () => {
    const { film } = read({ Title: 'A', US_Gross: 1, Release_Date: '1998-06-12' })
    expect(film).toMatchObject({ usGross: 100, releaseDate: '1998-06-12' })
  })

  test.each<[object, RegExp]>([
    [{ Title: null }, /no title/],
    [{ Title: '  ' }, /no title/],
    [{ Title: {} }, /"Title" is not a text/],
    [{ Title: 'A', 'Release Date': 'Feb 30 2001' }, /"Feb 30 2001" is not a release date/],
    [{ Title: 'A', 'Release Date': 'soon' }, /"soon" is not a release date/],
    [{ Title: 'A', 'MPAA Rating': 'X' }, /"X" is not an MPAA rating/],
    [{ Title: 'A', 'US Gross': -1 }, /"US Gross" is -1/],
    [{ Title: 'A', 'US Gross': 'lots' }, /"US Gross" is not a number/],
    [{ Title: 'A', 'IMDB Votes': 1.5 }, /"IMDB Votes" is 1.5/],
    [{ Title: 'A', Director: 7 }, /"Director" is not a text/],
    [{ Title: 'A'.repeat(501) }, /longer than 500/],
  ])('refuses %j', (row, why) => {
    expect(reason(row)).toMatch(why)
  })
})

describe('the plain shape', () => {
  test('becomes a film; what is missing is null', () => {
    const { film } = read({
      title: ' Alien ',
      releaseDate: '1979-05-25',
      genres: ['Horror', 'Horror'],
      mpaaRating: 'r',
    })
    expect(film).toMatchObject({
      importKey: 'alien|1979-05-25',
      title: 'Alien',
      genres: ['Horror'],
      mpaaRating: 'R',
      currency: 'USD',
      studio: null,
      imdbVotes: null,
    })
  })

  test('a key of its own says which film it is', () => {
    expect(read({ title: 'Alien', importKey: 'tt0078748' }).film.importKey).toBe('tt0078748')
  })

  test.each<[unknown, RegExp]>([
    [null, /not an object/],
    [[], /not an object/],
    ['Alien', /not an object/],
    [{}, /"title"/],
    [{ title: '' }, /"title": is empty/],
    [{ title: 'A', releaseDate: '1979-02-30' }, /"releaseDate"/],
    [{ title: 'A', mpaaRating: 'X' }, /"mpaaRating": is none of/],
    [{ title: 'A', currency: 'dollar' }, /"currency": is not a currency/],
    [{ title: 'A', usGross: 1.5 }, /"usGross"/],
    [{ title: 'A', usGross: 1e300 }, /"usGross"/],
    [{ title: 'A', genres: 'Horror' }, /"genres"/],
    [{ title: 'A', directer: 'B' }, /directer/],
  ])('refuses %j and names the field', (row, why) => {
    expect(reason(row)).toMatch(why)
  })
})
