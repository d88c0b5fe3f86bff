import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { anonymous, encodeId, type Identity } from '@marquee/contract'
import { sqlRows } from '@marquee/data'
import { codeOf, serveMovies, someUser, type ServedMovies } from '../testing/serve-movies.ts'

let movies: ServedMovies
let movieIds: readonly string[]

beforeAll(async () => {
  movies = await serveMovies()
  const { data } = await movies.ask<{ movies: { nodes: { id: string }[] } }>(
    '{ movies(first: 100) { nodes { id } } }',
  )
  movieIds = (data?.movies.nodes ?? []).map(node => node.id)
})
afterAll(() => movies.stop())

/** A movie that no other test uses. */
let taken = 0
const someMovie = (): string => movieIds[taken++] ?? ''

type Rating = { average: number | null; count: number }
type Review = {
  id: string
  stars: number
  text: string
  editedAt: string | null
  createdAt: string
  author: { id: string }
  movie: { id: string; rating: Rating }
}

const fields = 'id stars text editedAt createdAt author { id } movie { id rating { average count } }'

const add = (input: Record<string, unknown>, who: Identity) =>
  movies.ask<{ addReview: Review }>(
    `mutation ($input: AddReviewInput!) { addReview(input: $input) { ${fields} } }`,
    { input: { stars: 4, text: 'Good.', ...input } },
    who,
  )

const edit = (input: Record<string, unknown>, who: Identity) =>
  movies.ask<{ editReview: Review }>(
    `mutation ($input: EditReviewInput!) { editReview(input: $input) { ${fields} } }`,
    { input },
    who,
  )

const remove = (id: string, who: Identity) =>
  movies.ask<{ deleteReview: { id: string; rating: Rating } }>(
    'mutation ($id: ID!) { deleteReview(id: $id) { id rating { average count } } }',
    { id },
    who,
  )

const added = async (input: Record<string, unknown>, who: Identity): Promise<Review> => {
  const { data, errors } = await add(input, who)
  expect(errors).toBeUndefined()
  if (!data) throw new Error('nothing was added')
  return data.addReview
}

describe('a review', () => {
  test('is added, edited and deleted, and the movie knows at once', async () => {
    const [movieId, one, other] = [someMovie(), someUser(), someUser()]
    const first = await added({ movieId, stars: 5, text: '  Great — «да» 🎬 ' }, one)
    expect(first).toMatchObject({
      stars: 5,
      text: 'Great — «да» 🎬',
      editedAt: null,
      author: { id: one.subject },
      movie: { id: movieId, rating: { average: 5, count: 1 } },
    })
    expect(Math.abs(Date.parse(first.createdAt) - Date.now())).toBeLessThan(60_000)
    const second = await added({ movieId, stars: 2 }, other)
    expect(second.movie.rating).toEqual({ average: 3.5, count: 2 })
    const edited = (await edit({ id: second.id, stars: 4 }, other)).data?.editReview
    expect(edited).toMatchObject({
      id: second.id,
      stars: 4,
      text: 'Good.',
      movie: { rating: { average: 4.5, count: 2 } },
    })
    expect(Date.parse(edited?.editedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(second.createdAt))
    const deleted = await remove(first.id, one)
    expect(deleted.data?.deleteReview).toEqual({ id: movieId, rating: { average: 4, count: 1 } })
    expect((await remove(second.id, other)).data?.deleteReview.rating).toEqual({ average: null, count: 0 })
  })

  test('of one user and movie is one', async () => {
    const [movieId, who] = [someMovie(), someUser()]
    const answers = await Promise.all([1, 2, 3, 4].map(() => add({ movieId }, who)))
    expect(answers.map(codeOf).toSorted((one, other) => String(one).localeCompare(String(other)))).toEqual([
      'REVIEW_EXISTS',
      'REVIEW_EXISTS',
      'REVIEW_EXISTS',
      undefined,
    ])
  })

  test('is its author’s alone, except that a moderator may delete it', async () => {
    const [movieId, author, stranger, moderator] = [someMovie(), someUser(), someUser(), someUser('moderate')]
    const { id } = await added({ movieId }, author)
    expect(codeOf(await edit({ id, stars: 1 }, stranger))).toBe('FORBIDDEN')
    expect(codeOf(await edit({ id, stars: 1 }, moderator))).toBe('FORBIDDEN')
    expect(codeOf(await remove(id, stranger))).toBe('FORBIDDEN')
    expect(codeOf(await remove(id, anonymous))).toBe('UNAUTHENTICATED')
    expect((await remove(id, moderator)).errors).toBeUndefined()
    expect(codeOf(await remove(id, moderator))).toBe('NOT_FOUND')
    expect(codeOf(await edit({ id, stars: 1 }, author))).toBe('NOT_FOUND')
  })

  test('fields of one request see what the ones before wrote', async () => {
    const [movieId, who] = [someMovie(), someUser()]
    const { id } = await added({ movieId, stars: 1 }, who)
    const { data } = await movies.ask(
      `mutation ($id: ID!) {
        a: editReview(input: { id: $id, stars: 2 }) { movie { rating { average } reviews(first: 5) { nodes { stars } } } }
        b: editReview(input: { id: $id, stars: 3 }) { movie { rating { average } reviews(first: 5) { nodes { stars } } } }
        c: deleteReview(id: $id) { rating { average } reviews(first: 5) { nodes { stars } } }
      }`,
      { id },
      who,
    )
    const seen = (stars: number) => ({
      movie: { rating: { average: stars }, reviews: { nodes: [{ stars }] } },
    })
    expect(data).toEqual({ a: seen(2), b: seen(3), c: { rating: { average: null }, reviews: { nodes: [] } } })
  })

  const unknownMovie = encodeId('Movie', '00000000-0000-5000-8000-000000000000')
  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ['no stars', { stars: 0 }, 'BAD_USER_INPUT', /`stars: 0` is out of range: 1 to 5/],
    ['six stars', { stars: 6 }, 'BAD_USER_INPUT', /1 to 5/],
    ['no text', { text: '' }, 'BAD_USER_INPUT', /`text` is empty/],
    ['blank text', { text: ' \n\0 ' }, 'BAD_USER_INPUT', /`text` is empty/],
    ['a long text', { text: '🎬'.repeat(5001) }, 'BAD_USER_INPUT', /5001 characters; 5000/],
    ['a huge text', { text: 'x'.repeat(1_000_000) }, 'BAD_USER_INPUT', /1000000 characters/],
    ['an unknown movie', { movieId: unknownMovie }, 'NOT_FOUND', /no movie/],
    ['an id of another type', { movieId: 'Person_AAAA' }, 'INVALID_ID', /not the id of a Movie/],
  ])('with %s is refused', async (_, input, code, message) => {
    const answer = await add({ movieId: movieIds[99], ...input }, someUser())
    expect(codeOf(answer)).toBe(code)
    expect(answer.errors?.[0]?.message).toMatch(message)
  })

  test('may have 5,000 characters of any length, and half a surrogate pair', async () => {
    const long = await added({ movieId: someMovie(), text: '🎬'.repeat(5000) }, someUser())
    expect(Array.from(long.text)).toHaveLength(5000)
    expect((await added({ movieId: someMovie(), text: 'a\ud800' }, someUser())).text).toBe('a\ufffd')
  })

  test('an edit of nothing is refused, and one by nobody', async () => {
    const id = encodeId('Review', '00000000-0000-7000-8000-000000000000')
    expect(codeOf(await edit({ id }, someUser()))).toBe('BAD_USER_INPUT')
    expect(codeOf(await edit({ id, stars: null }, someUser()))).toBe('BAD_USER_INPUT')
    expect(codeOf(await edit({ id, stars: 1 }, anonymous))).toBe('UNAUTHENTICATED')
    expect(codeOf(await edit({ id, stars: 1 }, someUser()))).toBe('NOT_FOUND')
  })
})

describe('lists of reviews', () => {
  test('of a movie page through each of four orders', async () => {
    const movieId = someMovie()
    for (const stars of [3, 5, 1, 3, 5, 2, 4]) await added({ movieId, stars, text: `${stars}` }, someUser())
    type Page = {
      movie: {
        reviews: {
          totalCount: number
          nodes: Review[]
          pageInfo: { hasNextPage: boolean; endCursor: string }
        }
      }
    }
    const walk = async (order: string): Promise<Review[]> => {
      const all: Review[] = []
      let after: string | null = null
      do {
        const answer: { data?: Page | null } = await movies.ask<Page>(
          `query ($id: ID!, $after: String) { movie(id: $id) { reviews(first: 2, after: $after, orderBy: ${order}) {
            totalCount nodes { id stars createdAt } pageInfo { hasNextPage endCursor } } } }`,
          { id: movieId, after },
        )
        const page = answer.data?.movie.reviews
        expect(page?.totalCount).toBe(7)
        all.push(...(page?.nodes ?? []))
        after = page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null
      } while (after !== null)
      return all
    }
    const newest = await walk('NEWEST')
    expect(newest.map(review => review.stars)).toEqual([4, 2, 5, 3, 1, 5, 3])
    expect(await walk('OLDEST')).toEqual(newest.toReversed())
    const best = newest.toSorted((one, other) => other.stars - one.stars)
    expect(await walk('BEST')).toEqual(best)
    expect(await walk('WORST')).toEqual(best.toReversed())
  })

  test('a cursor of one order is none of another', async () => {
    const cursor = Buffer.from(
      JSON.stringify(['NEWEST', '2026-01-01T00:00:00.000Z', '00000000-0000-7000-8000-000000000000']),
    ).toString('base64url')
    const ask = (order: string) =>
      movies.ask(
        `{ movie(id: "${movieIds[0]}") { reviews(after: "${cursor}", orderBy: ${order}) { nodes { id } } } }`,
      )
    expect((await ask('NEWEST')).errors).toBeUndefined()
    expect(codeOf(await ask('OLDEST'))).toBe('INVALID_CURSOR')
    expect(codeOf(await ask('BEST'))).toBe('INVALID_CURSOR')
  })

  test('of users come in one statement for many users, newest first', async () => {
    const users = [someUser(), someUser(), someUser()]
    const [one, two] = [someMovie(), someMovie()]
    for (const who of users) for (const movieId of [one, two]) await added({ movieId }, who)
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id
      reviews(first: 1) { totalCount nodes { movie { id } } pageInfo { hasNextPage } } } } }`
    const r = users.map(who => ({ __typename: 'User', id: who.subject }))
    const statements = await movies.statementsOf(async () => {
      const { data } = await movies.ask<{ _entities: object[] }>(query, { r })
      expect(data?._entities).toEqual(
        users.map(who => ({
          id: who.subject,
          reviews: { totalCount: 2, nodes: [{ movie: { id: two } }], pageInfo: { hasNextPage: true } },
        })),
      )
    })
    expect(statements).toHaveLength(3)
  })
})

describe('the summary of a movie', () => {
  test('equals its reviews after adds, edits and deletes at once', async () => {
    const targets = [someMovie(), someMovie(), someMovie()]
    const busy = async (seed: number): Promise<void> => {
      const who = someUser()
      for (let step = 0; step < 6; step += 1) {
        const movieId = targets[(seed + step) % 3]
        const { id } = await added({ movieId, stars: 1 + ((seed * 7 + step) % 5) }, who)
        expect((await edit({ id, stars: 1 + ((seed + step) % 5) }, who)).errors).toBeUndefined()
        if (step < 3) expect((await remove(id, who)).errors).toBeUndefined()
      }
    }
    // Statements over all movies, too, while the others go on.
    const em = movies.database.fork()
    const bulk = async (): Promise<void> => {
      await sqlRows(
        em,
        `insert into review (movie_id, author_id, stars, text) select id, uuidv7(), 3, 'of all' from movie`,
      )
      await sqlRows(em, `update review set stars = 2 where text = 'of all' and id::text like '%7'`)
      await sqlRows(em, `delete from review where text = 'of all' and stars = 3`)
    }
    await Promise.all([bulk(), bulk(), ...Array.from({ length: 48 }, (_, seed) => busy(seed))])
    const differing = await sqlRows(
      em,
      `select m.title from movie m left join review r on r.movie_id = m.id group by m.id
        having m.rating_count <> count(r.id) or m.rating_sum <> coalesce(sum(r.stars), 0)
            or m.rating_average is distinct from avg(r.stars)::float8`,
    )
    expect(differing).toEqual([])
    const [kept] = await sqlRows<{ count: number }>(em, 'select count(*) as count from review')
    expect(kept?.count).toBeGreaterThan(300)
  })

  test('is not changed when the transaction of the review is rolled back', async () => {
    const before = await sqlRows(movies.database.fork(), 'select sum(rating_count) as count from movie')
    const failing = movies.database.transaction(async em => {
      await sqlRows(
        em,
        `insert into review (movie_id, author_id, stars, text) select id, uuidv7(), 3, 'x' from movie`,
      )
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await sqlRows(movies.database.fork(), 'select sum(rating_count) as count from movie')).toEqual(
      before,
    )
  })
})
