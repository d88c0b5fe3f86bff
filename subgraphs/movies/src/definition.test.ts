import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeId, uuidFromName } from '@marquee/contract'
import { sqlRows } from '@marquee/data'
import { codeOf, serveMovies, type ServedMovies } from './testing/serve-movies.ts'

let movies: ServedMovies

beforeAll(async () => {
  movies = await serveMovies()
  await sqlRows(
    movies.database.fork(),
    `insert into review (movie_id, author_id, stars, text)
     select m.id, uuidv7(), 1 + mod(n, 5), 'review ' || n from movie m, generate_series(1, 4) n where m.imdb_votes > 100000`,
  )
})
afterAll(() => movies.stop())

const inception = encodeId('Movie', uuidFromName('Movie', 'inception|2010-07-16'))
const nolan = encodeId('Person', uuidFromName('Person', 'Christopher Nolan'))
const warner = encodeId('Studio', uuidFromName('Studio', 'Warner Bros.'))
const drama = encodeId('Genre', uuidFromName('Genre', 'Drama'))

type Entities = { _entities: (Record<string, unknown> | null)[] }

const entities = (selection: string, r: readonly object[]) =>
  movies.ask<Entities>(
    `query ($r: [_Any!]!) { _entities(representations: $r) { __typename ${selection} } }`,
    { r },
  )

describe('a movie', () => {
  test('tells everything about itself', async () => {
    const { data, errors } = await movies.ask(
      `query ($id: ID!) { movie(id: $id) { id displayName title releaseDate releaseYear runningTimeMinutes mpaaRating
        genres { name } director { id name displayName } studio { id name displayName } source creativeType
        productionBudget { amount currency } usGross { amount } worldwideGross { amount } imdbRating imdbVotes
        rottenTomatoesRating rottenTomatoes importKey } }`,
      { id: inception },
    )
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      movie: {
        id: inception,
        displayName: 'Inception',
        title: 'Inception',
        releaseDate: '2010-07-16',
        releaseYear: 2010,
        runningTimeMinutes: 147,
        mpaaRating: 'PG_13',
        genres: [{ name: 'Thriller/Suspense' }],
        director: { id: nolan, name: 'Christopher Nolan', displayName: 'Christopher Nolan' },
        studio: { id: warner, name: 'Warner Bros.', displayName: 'Warner Bros.' },
        source: 'Original Screenplay',
        creativeType: 'Science Fiction',
        productionBudget: { amount: 16_000_000_000, currency: 'USD' },
        usGross: { amount: 28_563_028_000 },
        worldwideGross: { amount: 75_383_028_000 },
        imdbRating: 9.1,
        imdbVotes: 188_247,
        rottenTomatoesRating: 87,
        rottenTomatoes: 87,
        importKey: 'inception|2010-07-16',
      },
    })
  })

  test('that is not there is null; an id of another type is an error', async () => {
    const unknown = encodeId('Movie', '00000000-0000-5000-8000-000000000000')
    expect((await movies.ask(`{ movie(id: "${unknown}") { id } }`)).data).toEqual({ movie: null })
    expect(codeOf(await movies.ask(`{ movie(id: "${nolan}") { id } }`))).toBe('INVALID_ID')
    expect(codeOf(await movies.ask(`{ person(id: "${inception}") { id } }`))).toBe('INVALID_ID')
    expect(codeOf(await movies.ask(`{ studio(id: "x") { id } }`))).toBe('INVALID_ID')
  })
})

describe('people, studios and genres', () => {
  test.each([
    ['Person', nolan, 'directed', 'm.director_id'],
    ['Studio', warner, 'movies', 'm.studio_id'],
    ['Genre', drama, 'movies', 'l.genre_id'],
  ])(
    'a %s pages through its movies, newest first, those without a date last',
    async (type, id, list, column) => {
      const rows = await sqlRows<{ title: string }>(
        movies.database.fork(),
        `select distinct m.title, m.release_date, m.id from movie m left join movie_genre l on l.movie_id = m.id
        where ${column} = $1 order by m.release_date desc nulls last, m.id desc`,
        [
          uuidFromName(
            type,
            type === 'Person' ? 'Christopher Nolan' : type === 'Studio' ? 'Warner Bros.' : 'Drama',
          ),
        ],
      )
      type Page = {
        list: {
          totalCount: number
          nodes: { title: string }[]
          pageInfo: { hasNextPage: boolean; endCursor: string }
        }
      }
      const titles: string[] = []
      let after: string | null = null
      do {
        const answer: { data?: { _entities: Page[] } | null } = await movies.ask<{ _entities: Page[] }>(
          `query ($r: [_Any!]!, $after: String) { _entities(representations: $r) { ... on ${type} {
          list: ${list}(first: 100, after: $after) { totalCount nodes { title } pageInfo { hasNextPage endCursor } } } } }`,
          { r: [{ __typename: type, id }], after },
        )
        const page = answer.data?._entities[0]?.list
        expect(page?.totalCount).toBe(rows.length)
        titles.push(...(page?.nodes ?? []).map(node => node.title))
        after = page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null
      } while (after !== null)
      expect(titles).toEqual(rows.map(row => row.title))
    },
  )

  test('genres come by name, as many as asked for', async () => {
    const { data } = await movies.ask<{ genres: { name: string }[] }>('{ genres { name } }')
    const names = data?.genres.map(genre => genre.name) ?? []
    expect(names).toHaveLength(12)
    expect(names).toEqual(names.toSorted())
    expect((await movies.ask('{ genres(first: 2) { name } }')).data).toEqual({
      genres: [{ name: 'Action' }, { name: 'Adventure' }],
    })
    expect(codeOf(await movies.ask('{ genres(first: 0) { name } }'))).toBe('PAGE_SIZE_OUT_OF_RANGE')
    expect(codeOf(await movies.ask('{ genres(first: 101) { name } }'))).toBe('PAGE_SIZE_OUT_OF_RANGE')
  })
})

describe('catalogue items', () => {
  const items = [
    [inception, 'Movie', 'Inception'],
    [nolan, 'Person', 'Christopher Nolan'],
    [warner, 'Studio', 'Warner Bros.'],
  ] as const

  test('are found by id, whatever they are', async () => {
    for (const [id, __typename, displayName] of items) {
      const { data } = await movies.ask(`{ catalogueItem(id: "${id}") { __typename id displayName } }`)
      expect(data).toEqual({ catalogueItem: { __typename, id, displayName } })
    }
    expect(codeOf(await movies.ask(`{ catalogueItem(id: "${drama}") { id } }`))).toBe('INVALID_ID')
    expect(codeOf(await movies.ask('{ catalogueItem(id: "") { id } }'))).toBe('INVALID_ID')
  })

  test('resolve as entities of their interface', async () => {
    const { data, errors } = await entities(
      '... on CatalogueItem { id displayName }',
      items.map(([id]) => ({ __typename: 'CatalogueItem', id })),
    )
    expect(errors).toBeUndefined()
    expect(data?._entities).toEqual(
      items.map(([id, __typename, displayName]) => ({ __typename, id, displayName })),
    )
  })
})

describe('entities', () => {
  test('500 movies are one statement, in the order asked for', async () => {
    const rows = await sqlRows<{ id: string; title: string }>(
      movies.database.fork(),
      'select id, title from movie order by id limit 500',
    )
    const statements = await movies.statementsOf(async () => {
      const { data } = await entities(
        '... on Movie { title }',
        rows.map(({ id }) => ({ __typename: 'Movie', id: encodeId('Movie', id) })),
      )
      expect(data?._entities.map(movie => movie?.['title'])).toEqual(rows.map(row => row.title))
    })
    expect(statements).toHaveLength(1)
  })

  test('one that is wrong or missing harms no other', async () => {
    const { data, errors } = await entities(
      '... on Movie { title } ... on Genre { name } ... on User { id }',
      [
        { __typename: 'Movie', id: 'nonsense' },
        { __typename: 'Movie', id: inception },
        { __typename: 'Movie', id: encodeId('Movie', '00000000-0000-5000-8000-000000000000') },
        { __typename: 'Genre', id: drama },
        { __typename: 'User', id: inception },
      ],
    )
    expect(data?._entities).toEqual([
      null,
      { __typename: 'Movie', title: 'Inception' },
      null,
      { __typename: 'Genre', name: 'Drama' },
      null,
    ])
    expect(errors?.map(({ path, extensions }) => [path?.[1], extensions.code])).toEqual([
      [0, 'INVALID_ID'],
      [4, 'INVALID_ID'],
    ])
  })

  test('a review is found by its id alone', async () => {
    const { data } = await movies.ask<{ movie: { reviews: { nodes: { id: string; text: string }[] } } }>(
      `{ movie(id: "${inception}") { reviews(first: 2) { nodes { id text } } } }`,
    )
    const reviews = data?.movie.reviews.nodes ?? []
    const found = await entities(
      '... on Review { id text movie { title } }',
      reviews.map(({ id }) => ({ __typename: 'Review', id })),
    )
    expect(found.data?._entities).toEqual(
      reviews.map(review => ({ __typename: 'Review', ...review, movie: { title: 'Inception' } })),
    )
  })
})

test('a page of movies with everything below costs one statement a loader', async () => {
  const statements = await movies.statementsOf(async () => {
    type Page = { movies: { nodes: { reviews: { nodes: object[] } }[] } }
    const { data } = await movies.ask<Page>(`{ movies(first: 20) { nodes { genres { name } director { name }
      studio { name } reviews(first: 3) { nodes { text } } rating { average } } } }`)
    expect(data?.movies.nodes).toHaveLength(20)
    for (const { reviews } of data?.movies.nodes ?? []) expect(reviews.nodes).toHaveLength(3)
  })
  expect(statements).toHaveLength(5)
})
