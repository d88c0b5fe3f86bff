import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { encodeId, uuidFromName } from '@marquee/contract'
import { sqlRows } from '@marquee/data'
import { queryBudget } from '@marquee/data/doctor'
import { serveMovies, someUser, type ServedMovies } from './testing/serve-movies.ts'

/** What each operation of the examples costs the database: so many statements, and no big table from end to end. */

let movies: ServedMovies

beforeAll(async () => {
  movies = await serveMovies()
  const statements = [
    // Neither foreign keys nor the triggers of the summary: the rows below fit together.
    'set local session_replication_role = replica',
    'set local statement_timeout = 0',
    `insert into person (id, name, search_text) select uuidv7(), 'Director ' || n, 'director ' || n from generate_series(1, 12000) n`,
    `insert into studio (id, name, search_text) select uuidv7(), 'Studio ' || n, 'studio ' || n from generate_series(1, 12000) n`,
    `insert into movie (id, import_key, import_hash, title, search_text, release_date, director_id, studio_id, currency,
                        mpaa_rating, imdb_rating, imdb_votes, worldwide_gross, rating_count, rating_sum)
     select uuidv7(), 'budget ' || n, '', 'The film of number ' || n, 'the film of number ' || n, date '1950-01-01' + n::integer,
            p.id, s.id, 'USD', 'R', 1 + mod(n, 9), n, n * 1000, 1, 1 + mod(n, 5)
       from generate_series(1, 12000) n
       join (select id, row_number() over () as n from person) p using (n)
       join (select id, row_number() over () as n from studio) s using (n)`,
    `insert into movie_genre (movie_id, genre_id, released)
     select m.id, g.id, m.release_date from movie m
       join lateral (select id from genre order by md5(m.id::text || id::text) limit 1) g on true
      where import_key like 'budget %'`,
    `insert into review (movie_id, author_id, stars, text)
     select id, uuidv7(), 4, 'fine' from movie`,
    'analyze',
  ]
  await movies.database.transaction(async em => {
    for (const statement of statements) await sqlRows(em, statement)
  })
}, 60_000)
afterAll(() => movies.stop())

const id = (type: string, key: string): string => encodeId(type, uuidFromName(type, key))
const inception = id('Movie', 'inception|2010-07-16')
const entities = (type: string, ...ids: string[]) => ids.map(one => ({ __typename: type, id: one }))

const connection = '{ totalCount nodes { title } pageInfo { hasNextPage endCursor } }'

const operations: readonly (readonly [string, number, string, object?])[] = [
  [
    'a movie with all around it',
    6,
    `query ($id: ID!) { movie(id: $id) { title genres { name } director { name } studio { name }
      rating { average count } reviews(first: 5) { totalCount nodes { stars text } } similar(first: 5) { title } } }`,
    { id: inception },
  ],
  [
    'the first page',
    5,
    `{ movies { nodes { title genres { name } director { name } studio { name } reviews(first: 3) { nodes { text } } } } }`,
  ],
  ...['TITLE', 'RELEASE_DATE', 'POPULARITY', 'IMDB_RATING', 'WORLDWIDE_GROSS', 'RATING'].map(
    field =>
      [
        `pages by ${field}`,
        1,
        `{ movies(orderBy: { field: ${field}, direction: DESC }) { nodes { title } } }`,
      ] as const,
  ),
  [
    'a search with a typo',
    2,
    '{ search(text: "the godfahter") { score node { __typename ... on Movie { title } ... on Person { name } ... on Studio { name } } } }',
  ],
  [
    'a genre',
    2,
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Genre { name movies { nodes { title } pageInfo { endCursor } } } } }`,
    { r: entities('Genre', id('Genre', 'Drama')) },
  ],
  [
    'a person',
    3,
    `query ($id: ID!) { person(id: $id) { name directed ${connection} } }`,
    { id: id('Person', 'Christopher Nolan') },
  ],
  [
    'a studio',
    3,
    `query ($id: ID!) { studio(id: $id) { name movies ${connection} } }`,
    { id: id('Studio', 'Warner Bros.') },
  ],
  ['all genres', 1, '{ genres { name } }'],
  [
    'movies as entities',
    1,
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Movie { title rating { average } } } }',
    { r: entities('Movie', inception, id('Movie', 'aliens|1986-07-18')) },
  ],
  [
    'reviews of a user',
    2,
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { reviews { totalCount nodes { text } } } } }`,
    { r: entities('User', someUser().subject) },
  ],
]

test.each(operations)(
  '%s costs %d statements, and reads no big table from end to end',
  async (_what, statements, query, variables = {}) => {
    const budget = await queryBudget(movies.databaseUrl, async () => {
      const answer = await movies.ask(query, variables as Record<string, unknown>)
      expect(answer.errors).toBeUndefined()
    })
    expect(budget).toEqual({ statements, scans: [], unknown: [] })
  },
)

test('a review is written within its budget, and changed, and deleted', async () => {
  const user = someUser()
  let reviewId = ''
  const costOf = (query: string, variables: () => object) =>
    queryBudget(movies.databaseUrl, async () => {
      const answer = await movies.ask<Record<string, { id: string }>>(
        query,
        variables() as Record<string, unknown>,
        user,
      )
      expect(answer.errors).toBeUndefined()
      reviewId = answer.data?.['addReview']?.id ?? reviewId
    })
  const add =
    'mutation ($input: AddReviewInput!) { addReview(input: $input) { id movie { rating { average } } } }'
  expect(await costOf(add, () => ({ input: { movieId: inception, stars: 4, text: 'x' } }))).toEqual({
    statements: 3,
    scans: [],
    unknown: [],
  })
  const edit = 'mutation ($input: EditReviewInput!) { editReview(input: $input) { stars } }'
  expect(await costOf(edit, () => ({ input: { id: reviewId, stars: 5 } }))).toEqual({
    statements: 2,
    scans: [],
    unknown: [],
  })
  const remove = 'mutation ($id: ID!) { deleteReview(id: $id) { title } }'
  expect(await costOf(remove, () => ({ id: reviewId }))).toEqual({ statements: 3, scans: [], unknown: [] })
})

test('the size of a genre is counted, and may read all: with few genres each is a good part of the table', async () => {
  const budget = await queryBudget(movies.databaseUrl, () =>
    movies.ask(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Genre { movies { totalCount } } } }',
      {
        r: entities('Genre', id('Genre', 'Drama')),
      },
    ),
  )
  expect(budget.scans).toEqual([expect.stringMatching(/^movie_genre: loader movieCountOf.Genre/)])
})

test('the budget is a test that can fail', async () => {
  await sqlRows(movies.database.fork(), 'drop index movie_by_imdb_votes')
  const budget = await queryBudget(movies.databaseUrl, () => movies.ask('{ movies { nodes { title } } }'))
  expect(budget.scans).toEqual([
    expect.stringContaining('movie: loader moviePages, field Query.movies: select'),
  ])
  await sqlRows(movies.database.fork(), 'create index movie_by_imdb_votes on movie (imdb_votes, id)')
})
