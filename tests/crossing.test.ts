import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { newestFirst, readRows, type Rows } from './support/rows.ts'
import { startPlatform, type Platform } from './support/platform.ts'

/**
 * Queries that cross all three subgraphs and come back: movie -> reviews (movies) -> author (users) -> followers,
 * following, watchlist (users) -> movie (movies) -> …, generated, asked through the gateway, and held against what the
 * rows of the databases say.
 */
type ListName = 'movieReviews' | 'followers' | 'following' | 'watchlist' | 'userReviews'
type Selection = Readonly<{ on: 'Movie' | 'User'; lists: readonly ListSelection[] }>
type ListSelection = Readonly<{ name: ListName; first: number; inner: Selection }>

/** Each list: the type that has it, the field, how its nodes lead on, and which type that is. */
const lists: Readonly<
  Record<
    ListName,
    Readonly<{ on: Selection['on']; field: string; to: Selection['on']; node: (inner: string) => string }>
  >
> = {
  movieReviews: { on: 'Movie', field: 'reviews', to: 'User', node: inner => `stars author { ${inner} }` },
  followers: { on: 'User', field: 'followers', to: 'User', node: inner => inner },
  following: { on: 'User', field: 'following', to: 'User', node: inner => inner },
  watchlist: { on: 'User', field: 'watchlist', to: 'Movie', node: inner => inner },
  userReviews: { on: 'User', field: 'reviews', to: 'Movie', node: inner => `text movie { ${inner} }` },
}

const leaves = { Movie: 'id title rating { count }', User: 'id name followerCount' }

/** Random selections on a type, with at most two lists on each level, at most `depth` levels. */
const selectionOn = (on: Selection['on'], depth: number): fc.Arbitrary<Selection> => {
  if (depth === 0) return fc.constant({ on, lists: [] })
  const names = (Object.keys(lists) as ListName[]).filter(name => lists[name].on === on)
  return fc.subarray(names, { minLength: 1, maxLength: Math.min(2, names.length) }).chain(chosen =>
    fc
      .tuple(
        ...chosen.map(name =>
          fc.record({
            name: fc.constant(name),
            first: fc.integer({ min: 1, max: 4 }),
            inner: selectionOn(lists[name].to, depth - 1),
          }),
        ),
      )
      .map(parts => ({ on, lists: parts })),
  )
}

const print = ({ on, lists: parts }: Selection): string =>
  [
    leaves[on],
    ...parts.map(({ name, first, inner }) => {
      const { field, node } = lists[name]
      return `${field}(first: ${first}) { nodes { ${node(print(inner))} } }`
    }),
  ].join(' ')

/** What the rows say that the answer must be. */
const expected = (rows: Rows, { on, lists: parts }: Selection, id: string): Record<string, unknown> => {
  const { reviews, follows, watchlist } = rows
  const rowsOf: Readonly<Record<ListName, (first: number, inner: Selection) => unknown[]>> = {
    movieReviews: (first, inner) =>
      newestFirst(
        reviews.filter(row => row.movieId === id),
        row => row.id,
        first,
      ).map(({ stars, authorId }) => ({
        stars,
        author: expected(rows, inner, authorId),
      })),
    userReviews: (first, inner) =>
      newestFirst(
        reviews.filter(row => row.authorId === id),
        row => row.id,
        first,
      ).map(({ text, movieId }) => ({
        text,
        movie: expected(rows, inner, movieId),
      })),
    followers: (first, inner) =>
      newestFirst(
        follows.filter(row => row.followeeId === id),
        row => row.followerId,
        first,
      ).map(row => expected(rows, inner, row.followerId)),
    following: (first, inner) =>
      newestFirst(
        follows.filter(row => row.followerId === id),
        row => row.followeeId,
        first,
      ).map(row => expected(rows, inner, row.followeeId)),
    watchlist: (first, inner) =>
      newestFirst(
        watchlist.filter(row => row.userId === id),
        row => row.movieId,
        first,
      ).map(row => expected(rows, inner, row.movieId)),
  }
  const own =
    on === 'Movie'
      ? {
          id,
          title: rows.titles.get(id),
          rating: { count: reviews.filter(row => row.movieId === id).length },
        }
      : { id, name: rows.names.get(id), followerCount: follows.filter(row => row.followeeId === id).length }
  return {
    ...own,
    ...Object.fromEntries(
      parts.map(({ name, first, inner }) => [lists[name].field, { nodes: rowsOf[name](first, inner) }]),
    ),
  }
}

let platform: Platform
let rows: Rows
const movieIds: string[] = []

/** Eight people who review, follow and put on watchlists at random: always the same random. */
const populate = async (): Promise<void> => {
  const { data } = await platform.ask('{ movies(first: 6) { nodes { id } } }')
  movieIds.push(...data.movies.nodes.map((node: { id: string }) => node.id))
  const people: { token: string; id: string }[] = []
  for (let n = 0; n < 8; n += 1) {
    const answer = await platform.ask(
      'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken user { id } } }',
      {
        input: {
          email: `critic${n}@crossing.example`,
          password: 'a long enough password',
          name: `Critic ${n}`,
        },
      },
    )
    expect(answer.errors).toEqual([])
    people.push({ token: answer.data.signUp.accessToken, id: answer.data.signUp.user.id })
  }
  const chance = (n: number, m: number) => (n * 7 + m * 13) % 5 < 3
  await Promise.all(
    people.map(async ({ token, id }, n) => {
      for (const [m, movieId] of movieIds.entries()) {
        if (chance(n, m)) {
          const added = await platform.ask(
            'mutation ($i: AddReviewInput!) { addReview(input: $i) { id } }',
            { i: { movieId, stars: 1 + ((n + m) % 5), text: `${n} on ${m}` } },
            token,
          )
          expect(added.errors).toEqual([])
        }
        if (chance(m, n))
          await platform.ask(
            'mutation ($m: ID!) { addToWatchlist(movieId: $m) { movie { id } } }',
            { m: movieId },
            token,
          )
      }
      for (const [m, other] of people.entries()) {
        if (other.id !== id && chance(n, m))
          await platform.ask('mutation ($u: ID!) { follow(userId: $u) { id } }', { u: other.id }, token)
      }
    }),
  )
}

beforeAll(async () => {
  platform = await startPlatform()
  await populate()
  rows = await readRows(platform.folder)
}, 90_000)
afterAll(() => platform.stop())

/** The longest way round: movie -> reviews -> author -> followers -> watchlist -> movie -> reviews -> author. */
const wayRound: Selection = (
  ['userReviews', 'movieReviews', 'watchlist', 'followers', 'movieReviews'] as const
).reduce<Selection>((inner, name) => ({ on: lists[name].on, lists: [{ name, first: 3, inner }] }), {
  on: 'Movie',
  lists: [],
})

test('an answer across all subgraphs is what the rows say', async () => {
  expect(rows.reviews.length).toBeGreaterThan(20)
  await fc.assert(
    fc.asyncProperty(selectionOn('Movie', 4), fc.nat(5), async (selection, index) => {
      const id = movieIds[index] ?? ''
      const answer = await platform.ask(`query ($id: ID!) { movie(id: $id) { ${print(selection)} } }`, { id })
      expect(answer.errors).toEqual([])
      expect(answer.data.movie).toEqual(expected(rows, selection, id))
    }),
    { numRuns: 60, examples: [[wayRound, 0]] },
  )
}, 120_000)
