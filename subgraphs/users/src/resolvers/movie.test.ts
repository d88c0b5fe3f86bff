import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { genreId } from './movie.ts'
import { movieId, startUsers, userId, type Answer, type RunningUsers } from '../testing/start-users.ts'

describe.each([1, 2])('on %d shards', shards => {
  let users: RunningUsers

  beforeAll(async () => {
    users = await startUsers({}, shards)
  })
  afterAll(() => users.stop())

  const ok = async (answering: Promise<Answer>): Promise<Answer> => {
    const answer = await answering
    expect(answer.errors).toBeUndefined()
    return answer
  }

  const movies = async (
    ids: readonly string[],
    selection: string,
    viewer?: string,
    requires: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> =>
    users.ask(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Movie { ${selection} } } }`,
      { of: ids.map(id => ({ __typename: 'Movie', id: movieId(id), ...requires })) },
      viewer,
    )

  const see = (movie: string, viewer: string, at: string): Promise<Answer> =>
    ok(
      users.ask(
        'mutation ($id: ID!, $at: DateTime) { recordView(movieId: $id, at: $at) { movie { id } } }',
        { id: movieId(movie), at },
        viewer,
      ),
    )

  const follow = (whom: string, viewer: string): Promise<Answer> =>
    ok(users.ask('mutation ($id: ID!) { follow(userId: $id) { id } }', { id: userId(whom) }, viewer))

  describe('what the viewer has to do with a movie', () => {
    test('seen, on the watchlist, or neither', async () => {
      const [viewer] = users.signUp('Viewer') as [string]
      const [seen, wanted, other] = [randomUUID(), randomUUID(), randomUUID()]
      await see(seen, viewer, '2020-01-01T00:00:00Z')
      await ok(
        users.ask(
          'mutation ($id: ID!) { addToWatchlist(movieId: $id) { movie { id } } }',
          { id: movieId(wanted) },
          viewer,
        ),
      )
      const fields = 'viewerHasSeen isOnViewerWatchlist watchlistCount'
      expect((await ok(movies([seen, wanted, other], fields, viewer))).data._entities).toEqual([
        { viewerHasSeen: true, isOnViewerWatchlist: false, watchlistCount: 0 },
        { viewerHasSeen: false, isOnViewerWatchlist: true, watchlistCount: 1 },
        { viewerHasSeen: false, isOnViewerWatchlist: false, watchlistCount: 0 },
      ])
    })

    test('null for an anonymous caller; the count is for all', async () => {
      const fields = 'viewerHasSeen isOnViewerWatchlist watchlistCount seenByFriends { id } matchForViewer'
      const answer = await ok(
        movies([randomUUID()], fields, undefined, { genres: [], rating: { average: null } }),
      )
      expect(answer.data._entities).toEqual([
        {
          viewerHasSeen: null,
          isOnViewerWatchlist: null,
          watchlistCount: 0,
          seenByFriends: [],
          matchForViewer: null,
        },
      ])
    })

    test('an id of another type fails alone', async () => {
      const answer = await users.ask(
        'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Movie { watchlistCount } } }',
        {
          of: [
            { __typename: 'Movie', id: userId(randomUUID()) },
            { __typename: 'Movie', id: movieId(randomUUID()) },
          ],
        },
      )
      expect(answer.data._entities).toEqual([null, { watchlistCount: 0 }])
      expect(answer.errors).toMatchObject([{ path: ['_entities', 0], extensions: { code: 'INVALID_ID' } }])
    })
  })

  describe('seenByFriends', () => {
    let viewer: string
    let friends: string[]
    const [film, other] = [randomUUID(), randomUUID()]

    beforeAll(async () => {
      let stranger: string
      ;[viewer, stranger, ...friends] = users.signUp('Viewer', 'Stranger', 'Ann', 'Ben', 'Cat', 'Dan') as [
        string,
        string,
        ...string[],
      ]
      const [ann, ben, cat] = friends as [string, string, string]
      for (const friend of friends) await follow(friend, viewer)
      await follow(viewer, stranger)
      await see(film, ann, '2020-01-01T00:00:00Z')
      await see(film, ann, '2024-01-01T00:00:00Z')
      await see(film, ben, '2023-01-01T00:00:00Z')
      await see(film, cat, '2025-01-01T00:00:00Z')
      await see(film, stranger, '2026-01-01T00:00:00Z')
      await see(film, viewer, '2026-01-02T00:00:00Z')
      await see(other, ben, '2019-01-01T00:00:00Z')
    })

    const names = (answer: Answer, field = 'seenByFriends'): string[][] =>
      answer.data._entities.map((movie: Record<string, { name: string }[]>) =>
        movie[field]!.map(({ name }) => name),
      )

    test('each friend once, by the latest view; no strangers, not the viewer', async () => {
      const answer = await ok(movies([film, other, randomUUID()], 'seenByFriends { name }', viewer))
      expect(names(answer)).toEqual([['Cat', 'Ann', 'Ben'], ['Ben'], []])
    })

    test('takes three statements for many movies: friends, views, profiles', async () => {
      const ids = [film, other, ...Array.from({ length: 50 }, () => randomUUID())]
      let answer: Answer | undefined
      const statements = await users.statementsOf(async () => {
        answer = await movies(
          ids,
          'seenByFriends(first: 2) { name } one: seenByFriends(first: 1) { name }',
          viewer,
        )
      })
      // Friends are on one shard, views and profiles on each.
      expect(statements.length).toBeLessThanOrEqual(1 + 2 * shards)
      expect(names(answer!).slice(0, 3)).toEqual([['Cat', 'Ann'], ['Ben'], []])
      expect(names(answer!, 'one').slice(0, 3)).toEqual([['Cat'], ['Ben'], []])
    })

    test('nobody followed, nobody seen', async () => {
      const [lonely] = users.signUp('Lonely') as [string]
      expect(names(await ok(movies([film], 'seenByFriends { name }', lonely)))).toEqual([[]])
    })

    test.each([0, 101])('first: %i is out of range', async first => {
      const answer = await movies([film], `seenByFriends(first: ${first}) { id }`, viewer)
      expect(answer.errors?.[0]?.extensions.code).toBe('PAGE_SIZE_OUT_OF_RANGE')
    })
  })

  describe('matchForViewer', () => {
    test('weighs favourite genres and the rating that the gateway brings', async () => {
      const [viewer] = users.signUp('Viewer') as [string]
      const genres = ['Drama', 'Western'].map(name => ({ __typename: 'Genre', id: genreId(name) }))
      const match = async (average: number | null): Promise<number> =>
        (await ok(movies([randomUUID()], 'matchForViewer', viewer, { genres, rating: { average } }))).data
          ._entities[0].matchForViewer
      expect(await match(5)).toBe(30)
      await ok(
        users.ask('mutation { updateProfile(input: { favouriteGenres: ["Drama"] }) { id } }', {}, viewer),
      )
      expect(await match(5)).toBe(65)
      expect(await match(1)).toBe(35)
      expect(await match(null)).toBe(50)
    })
  })
})
