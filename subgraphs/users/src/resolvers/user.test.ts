import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeId, uuidFromName } from '@marquee/contract'
import { movieId, startUsers, userId, type Answer, type RunningUsers } from '../testing/start-users.ts'

describe.each([1, 2])('on %d shards', shards => {
  let users: RunningUsers
  let ada: string
  let bob: string
  let cy: string
  const movies = [randomUUID(), randomUUID()] as const

  const ok = async (answering: Promise<Answer>): Promise<Answer> => {
    const answer = await answering
    expect(answer.errors).toBeUndefined()
    return answer
  }

  beforeAll(async () => {
    users = await startUsers({}, shards)
    ;[ada, bob, cy] = users.signUp('Ada', 'Bob', 'Cy') as [string, string, string]
    const follow = (whom: string, viewer: string) =>
      ok(users.ask('mutation ($id: ID!) { follow(userId: $id) { id } }', { id: userId(whom) }, viewer))
    await follow(ada, bob)
    await follow(ada, cy)
    await follow(bob, cy)
    await ok(
      users.ask(
        'mutation { updateProfile(input: { bio: "Hi", favouriteGenres: ["Drama", "Comedy"] }) { id } }',
        {},
        ada,
      ),
    )
    for (const movie of movies) {
      const variables = { id: movieId(movie) }
      await ok(
        users.ask('mutation ($id: ID!) { addToWatchlist(movieId: $id) { movie { id } } }', variables, ada),
      )
      await ok(users.ask('mutation ($id: ID!) { recordView(movieId: $id) { movie { id } } }', variables, ada))
    }
  })
  afterAll(() => users.stop())

  const user = (id: string, selection: string, viewer?: string) =>
    users.ask(`query ($id: ID!) { user(id: $id) { ${selection} } }`, { id: userId(id) }, viewer)

  describe('a profile', () => {
    test('is found by id and by handle', async () => {
      const profile = {
        id: userId(ada),
        handle: 'ada',
        name: 'Ada',
        bio: 'Hi',
        favouriteGenres: ['Drama', 'Comedy'].map(name => ({
          id: encodeId('Genre', uuidFromName('Genre', name)),
          name,
        })),
        followerCount: 2,
        followingCount: 0,
      }
      const selection = 'id handle name bio favouriteGenres { id name } followerCount followingCount'
      expect((await user(ada, selection)).data.user).toEqual(profile)
      const byHandle = await users.ask(`{ userByHandle(handle: "ada") { ${selection} } }`)
      expect(byHandle.data.userByHandle).toEqual(profile)
    })

    test.each(['nobody_has_this', '', 'Ada', 'a\u0000da', 'x'.repeat(10_000)])(
      'a handle that nobody has is null',
      async handle => {
        const answer = await ok(
          users.ask('query ($handle: String!) { userByHandle(handle: $handle) { id } }', { handle }),
        )
        expect(answer.data).toEqual({ userByHandle: null })
      },
    )

    test.each(['', 'x', 'User_', movieId(randomUUID())])('an id that is none is an error: %s', async id => {
      const answer = await users.ask('query ($id: ID!) { user(id: $id) { id } }', { id })
      expect(answer.errors?.[0]?.extensions.code).toBe('INVALID_ID')
    })
  })

  describe('lists of a user', () => {
    const page = (selection: string) =>
      `totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor ${selection} } nodes { id }`

    test('followers and following, newest first, with the moment', async () => {
      const { data } = await ok(
        user(
          ada,
          `followers { ${page('node { id name } followedAt')} } following { ${page('node { id } followedAt')} }`,
        ),
      )
      const { followers, following } = data.user
      expect(followers).toMatchObject({
        totalCount: 2,
        pageInfo: { hasNextPage: false, hasPreviousPage: false },
        nodes: [{ id: userId(cy) }, { id: userId(bob) }],
      })
      expect(followers.edges.map((edge: { node: unknown }) => edge.node)).toEqual([
        { id: userId(cy), name: 'Cy' },
        { id: userId(bob), name: 'Bob' },
      ])
      expect(followers.edges[0].followedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/)
      expect(following).toMatchObject({
        totalCount: 0,
        edges: [],
        nodes: [],
        pageInfo: { startCursor: null, endCursor: null },
      })
      const other = await ok(user(cy, `following { ${page('node { id } followedAt')} }`))
      expect(other.data.user.following.nodes).toEqual([{ id: userId(bob) }, { id: userId(ada) }])
      const [, followedAda] = other.data.user.following.edges
      expect(followedAda.followedAt).toBe(followers.edges[0].followedAt)
    })

    test('the watchlist, newest first', async () => {
      const { data } = await ok(user(ada, `watchlist { ${page('node { id } addedAt')} }`))
      expect(data.user.watchlist).toMatchObject({
        totalCount: 2,
        nodes: movies.toReversed().map(id => ({ id: movieId(id) })),
      })
    })

    test('the history is for the user alone', async () => {
      const selection =
        'history { nodes { movie { id } } edges { cursor node { at } } pageInfo { hasNextPage } }'
      for (const viewer of [undefined, bob]) {
        expect((await ok(user(ada, selection, viewer))).data.user).toEqual({ history: null })
      }
      const { data } = await ok(user(ada, selection, ada))
      expect(data.user.history.nodes).toEqual(movies.toReversed().map(id => ({ movie: { id: movieId(id) } })))
    })

    test.each(['followers', 'following', 'watchlist', 'history'])(
      'the page of %s has a least and a most, and wants a cursor of its own',
      async list => {
        for (const first of [0, -1, 101]) {
          const answer = await user(ada, `${list}(first: ${first}) { nodes { __typename } }`, ada)
          expect(answer.errors?.[0]?.extensions.code).toBe('PAGE_SIZE_OUT_OF_RANGE')
        }
        const cursors = [
          'x',
          '',
          [1e300, ada],
          [8.64e15, ada],
          [0, 'x'],
          [0],
          {},
          ['2026-11-24T00:00:00Z', ada],
        ].map(value =>
          typeof value === 'string' ? value : Buffer.from(JSON.stringify(value)).toString('base64url'),
        )
        for (const after of cursors) {
          const answer = await user(ada, `${list}(after: "${after}") { nodes { __typename } }`, ada)
          expect(answer.errors?.[0]?.extensions.code).toBe('INVALID_CURSOR')
        }
        for (const at of [-62_135_596_800_000, 253_402_300_799_999]) {
          const after = Buffer.from(JSON.stringify([at, ada])).toString('base64url')
          await ok(user(ada, `${list}(after: "${after}") { nodes { __typename } }`, ada))
        }
      },
    )

    test('isFollowedByViewer is for the viewer; null for nobody', async () => {
      expect((await user(ada, 'isFollowedByViewer')).data.user.isFollowedByViewer).toBeNull()
      expect((await user(ada, 'isFollowedByViewer', bob)).data.user.isFollowedByViewer).toBe(true)
      expect((await user(bob, 'isFollowedByViewer', ada)).data.user.isFollowedByViewer).toBe(false)
    })
  })

  describe('statements', () => {
    const nested = (first: string) => `
    query ($of: [_Any!]!) {
      _entities(representations: $of) {
        ... on User {
          name followerCount isFollowedByViewer
          followers(first: ${first}) { totalCount nodes { name followers(first: 2) { totalCount nodes { name } } } }
          following { edges { followedAt node { name } } }
          watchlist { totalCount nodes { id watchlistCount viewerHasSeen isOnViewerWatchlist } }
        }
      }
    }`
    const of = () => [ada, bob, cy].map(id => ({ __typename: 'User', id: userId(id) }))

    test('one for each loader and level, however many users', async () => {
      const statements = await users.statementsOf(() => ok(users.ask(nested('20'), { of: of() }, ada)))
      // profiles; followers, following, watchlist, isFollowedByViewer; their followers; watchlist sizes; four of movies
      expect(statements.length).toBeLessThanOrEqual(11 * shards)
      const one = await users.statementsOf(() => ok(users.ask(nested('20'), { of: of().slice(0, 1) }, ada)))
      expect(statements.length).toBeLessThanOrEqual((one.length + 1) * shards)
    })

    test('pages of different size and start still take one', async () => {
      const statements = await users.statementsOf(() =>
        ok(
          users.ask(
            `query ($id: ID!) { user(id: $id) {
            a: followers(first: 1) { edges { cursor } }
            b: followers(first: 2) { edges { cursor } }
          } }`,
            { id: userId(ada) },
          ),
        ),
      )
      expect(statements).toHaveLength(2)
    })

    test('nothing is counted and no profile read that nobody asked for', async () => {
      const cursors = await users.statementsOf(() =>
        ok(user(ada, 'followers { edges { cursor followedAt } }')),
      )
      expect(cursors).toHaveLength(2)
      const watchlist = await users.statementsOf(() => ok(user(ada, 'watchlist { nodes { id } }')))
      expect(watchlist).toHaveLength(2)
    })
  })
})
