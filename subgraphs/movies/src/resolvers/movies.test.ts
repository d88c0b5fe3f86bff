import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeId, uuidFromName } from '@marquee/contract'
import { sqlRows } from '@marquee/data'
import { bundledFilms } from '../import/bundled-films.ts'
import type { Film } from '../import/film.ts'
import { readFilm } from '../import/read-film.ts'
import { movieOrders, type MovieOrderField } from '../loaders/movie-orders.ts'
import { searchText } from '../search-text.ts'
import { codeOf, serveMovies, type ServedMovies } from '../testing/serve-movies.ts'

let movies: ServedMovies
let films: readonly (Film & { id: string; uuid: string; rating: number | null })[]

/** Reviews of every fifth film by one to three users, so that the order by rating has something to order. */
const addReviews = (): Promise<unknown> =>
  sqlRows(
    movies.database.fork(),
    `insert into review (movie_id, author_id, stars, text)
     select id, uuidv7(), 1 + mod(n * a, 5), 'x'
       from (select id, row_number() over (order by id) as n from movie) m, generate_series(1, 3) a
      where mod(n, 5) = 0 and a <= 1 + mod(n, 3)`,
  )

beforeAll(async () => {
  movies = await serveMovies()
  await addReviews()
  const ratings = await sqlRows<{ id: string; rating: number | null }>(
    movies.database.fork(),
    'select movie_id as id, avg(stars)::float8 as rating from review group by movie_id',
  )
  const ratingOf = new Map(ratings.map(({ id, rating }) => [id, rating]))
  const rows = JSON.parse(await readFile(bundledFilms(), 'utf8')) as readonly unknown[]
  films = rows.map(row => {
    const film = readFilm(row, '2026-11-24', () => undefined)
    const uuid = uuidFromName('Movie', film.importKey)
    return { ...film, uuid, id: encodeId('Movie', uuid), rating: ratingOf.get(uuid) ?? null }
  })
})

afterAll(() => movies.stop())

type Page = {
  movies: {
    totalCount?: number
    nodes: { id: string }[]
    edges?: { cursor: string }[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null }
  }
}

const pageQuery = `query ($first: Int!, $after: String, $orderBy: MovieOrder!, $filter: MovieFilter) {
  movies(first: $first, after: $after, orderBy: $orderBy, filter: $filter) {
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`

const walk = async (
  variables: Record<string, unknown>,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly string[]> => {
  const ids: string[] = []
  let after: string | null = null
  do {
    const answer: { data?: Page | null; errors?: unknown } = await movies.ask<Page>(pageQuery, {
      ...variables,
      after,
    })
    expect(answer.errors).toBeUndefined()
    const page = answer.data?.movies
    expect(page?.pageInfo.hasPreviousPage).toBe(after !== null)
    ids.push(...(page?.nodes ?? []).map(node => node.id))
    after = page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null
    await between()
  } while (after !== null)
  return ids
}

const valueOf: Record<MovieOrderField, (film: (typeof films)[number]) => string | number | null> = {
  TITLE: film => searchText(film.title),
  RELEASE_DATE: film => film.releaseDate,
  POPULARITY: film => film.imdbVotes,
  IMDB_RATING: film => film.imdbRating,
  WORLDWIDE_GROSS: film => film.worldwideGross,
  RATING: film => film.rating,
}

/** The order that the schema promises, computed plainly: ties by id, films without a value last. */
const inOrder = (field: MovieOrderField, direction: 'ASC' | 'DESC'): readonly string[] => {
  const sign = direction === 'ASC' ? 1 : -1
  const compare = (one: string | number, other: string | number): number =>
    typeof one === 'string'
      ? Buffer.compare(Buffer.from(one), Buffer.from(String(other)))
      : one - Number(other)
  return films
    .toSorted((one, other) => {
      const [a, b] = [valueOf[field](one), valueOf[field](other)]
      if ((a === null) !== (b === null)) return a === null ? 1 : -1
      const byValue = a === null || b === null ? 0 : compare(a, b)
      return sign * (byValue || compare(one.uuid, other.uuid))
    })
    .map(film => film.id)
}

describe('pages of movies', () => {
  const orders = (Object.keys(movieOrders) as MovieOrderField[]).flatMap(field =>
    (['ASC', 'DESC'] as const).map(direction => [field, direction] as const),
  )
  test.each(orders)('by %s %s hold each of the films once, in order', async (field, direction) => {
    const ids = await walk({ first: 100, orderBy: { field, direction } })
    expect(ids).toEqual(inOrder(field, direction))
  })

  test('of any size come to the same list', async () => {
    const orderBy = { field: 'IMDB_RATING', direction: 'DESC' }
    const filter = { titleContains: 'love' }
    const whole = await walk({ first: 100, orderBy, filter })
    for (const first of [1, 7]) expect(await walk({ first, orderBy, filter })).toEqual(whole)
  })

  test('stay whole while films come in before, at and behind the cursor', async () => {
    const orderBy = { field: 'TITLE', direction: 'ASC' }
    const filter = { releasedFrom: '1950-01-01', releasedTo: '1969-12-31' }
    const before = await walk({ first: 20, orderBy, filter })
    let count = 0
    const insert = (): Promise<unknown> => {
      count += 1
      return sqlRows(
        movies.database.fork(),
        `insert into movie (id, import_key, import_hash, title, search_text, release_date, currency)
         select uuidv7(), $1, '', t, t, '1960-01-01', 'USD' from unnest($2::text[]) as t`,
        [`~ ${count}`, ['a', 'm', 'zzz'].map(letter => `${letter}${count}`)],
      )
    }
    const during = await walk({ first: 20, orderBy, filter }, insert)
    await sqlRows(movies.database.fork(), `delete from movie where import_key like '~ %'`)
    const known = new Set(before)
    expect(during.filter(id => known.has(id))).toEqual(before)
    expect(new Set(during).size).toBe(during.length)
  })

  test('count what the filter lets through, in a statement that only the field causes', async () => {
    const ask = (field: string) =>
      movies.ask<Page>(`{ movies(first: 1, filter: { titleContains: "the" }) { ${field} nodes { id } } }`)
    expect((await ask('totalCount')).data?.movies.totalCount).toBe(
      films.filter(film => searchText(film.title).includes('the')).length,
    )
    expect(await movies.statementsOf(() => ask('totalCount'))).toHaveLength(2)
    expect(await movies.statementsOf(() => ask('__typename'))).toHaveLength(1)
  })
})

describe('filters', () => {
  const genre = (name: string): string => encodeId('Genre', uuidFromName('Genre', name))
  const person = (name: string): string => encodeId('Person', uuidFromName('Person', name))
  const studio = (name: string): string => encodeId('Studio', uuidFromName('Studio', name))

  test.each<[object, (film: (typeof films)[number]) => boolean]>([
    [{}, () => true],
    [{ titleContains: 'STAR' }, film => film.title.toLowerCase().includes('star')],
    [{ titleContains: 'amelie' }, film => film.title.includes('Amélie')],
    [{ titleContains: '%' }, film => film.title.includes('%')],
    [{ titleContains: '_' }, film => film.title.includes('_')],
    [{ titleContains: '\\' }, film => film.title.includes('\\')],
    [{ titleContains: "'" }, film => film.title.includes("'")],
    [
      { genreIds: [genre('Horror'), genre('Western')] },
      film => film.genres.some(name => name === 'Horror' || name === 'Western'),
    ],
    [{ genreIds: [genre('No such genre')] }, () => false],
    [{ directorId: person('Steven Spielberg') }, film => film.director === 'Steven Spielberg'],
    [{ studioId: studio('Miramax') }, film => film.studio === 'Miramax'],
    [
      { releasedFrom: '1994-07-01', releasedTo: '1994-12-31' },
      film =>
        film.releaseDate !== null && film.releaseDate >= '1994-07-01' && film.releaseDate <= '1994-12-31',
    ],
    [{ mpaaRating: ['PG_13', 'NC_17'] }, film => film.mpaaRating === 'PG-13' || film.mpaaRating === 'NC-17'],
    [
      { mpaaRating: ['NOT_RATED', 'OPEN'] },
      film => film.mpaaRating === 'Not Rated' || film.mpaaRating === 'Open',
    ],
    [{ minAverage: 3.5 }, film => film.rating !== null && film.rating >= 3.5],
    [
      {
        titleContains: 'the',
        genreIds: [genre('Drama')],
        mpaaRating: ['R'],
        releasedFrom: '2000-01-01',
        minAverage: 2,
      },
      film =>
        film.title.toLowerCase().includes('the') &&
        film.genres.includes('Drama') &&
        film.mpaaRating === 'R' &&
        film.releaseDate !== null &&
        film.releaseDate >= '2000-01-01' &&
        film.rating !== null &&
        film.rating >= 2,
    ],
  ])('%j', async (filter, keeps) => {
    const ids = await walk({ first: 100, orderBy: { field: 'POPULARITY', direction: 'DESC' }, filter })
    const wanted = new Set(films.filter(keeps).map(film => film.id))
    expect(ids).toEqual(inOrder('POPULARITY', 'DESC').filter(id => wanted.has(id)))
  })
})

describe('odd arguments', () => {
  const cursorOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const id = '00000000-0000-5000-8000-000000000000'

  test.each<[string, string]>([
    ['first: 0', 'PAGE_SIZE_OUT_OF_RANGE'],
    ['first: -1', 'PAGE_SIZE_OUT_OF_RANGE'],
    ['first: 101', 'PAGE_SIZE_OUT_OF_RANGE'],
    ['after: "x"', 'INVALID_CURSOR'],
    [`after: "${cursorOf(['TITLE ASC', 'a', id])}"`, 'INVALID_CURSOR'],
    [`after: "${cursorOf(['POPULARITY DESC', 'a', id])}"`, 'INVALID_CURSOR'],
    [`after: "${cursorOf(['POPULARITY DESC', 1e12, id])}"`, 'INVALID_CURSOR'],
    [`after: "${cursorOf(['POPULARITY DESC', 1, 'x'])}"`, 'INVALID_CURSOR'],
    [`orderBy: { field: TITLE }, after: "${cursorOf(['TITLE ASC', 'a\0', id])}"`, 'INVALID_CURSOR'],
    [
      `orderBy: { field: RELEASE_DATE }, after: "${cursorOf(['RELEASE_DATE ASC', '0000-01-01', id])}"`,
      'INVALID_CURSOR',
    ],
    ['filter: { titleContains: "" }', 'BAD_USER_INPUT'],
    ['filter: { titleContains: "  " }', 'BAD_USER_INPUT'],
    [`filter: { titleContains: "${'a'.repeat(201)}" }`, 'BAD_USER_INPUT'],
    ['filter: { genreIds: [] }', 'BAD_USER_INPUT'],
    ['filter: { mpaaRating: [] }', 'BAD_USER_INPUT'],
    ['filter: { genreIds: ["Person_AAAA"] }', 'INVALID_ID'],
    ['filter: { directorId: "1" }', 'INVALID_ID'],
    ['filter: { releasedFrom: "2001-01-01", releasedTo: "2000-01-01" }', 'BAD_USER_INPUT'],
    ['filter: { releasedFrom: "0000-01-01" }', 'BAD_USER_INPUT'],
    ['filter: { minAverage: 0 }', 'BAD_USER_INPUT'],
    ['filter: { minAverage: 5.1 }', 'BAD_USER_INPUT'],
  ])('movies(%s) is %s', async (args, code) => {
    expect(codeOf(await movies.ask(`{ movies(${args}) { nodes { id } } }`))).toBe(code)
  })

  test('null and a NUL are no wish', async () => {
    const query = 'query ($filter: MovieFilter) { movies(first: 1, filter: $filter) { totalCount } }'
    const nothing = {
      titleContains: null,
      genreIds: null,
      releasedFrom: null,
      mpaaRating: null,
      minAverage: null,
    }
    for (const filter of [null, nothing, { titleContains: 'the\0' }]) {
      expect((await movies.ask(query, { filter })).errors).toBeUndefined()
    }
  })
})
