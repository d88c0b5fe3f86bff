import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { movieId, startUsers, userId, type Answer, type RunningUsers } from '../testing/start-users.ts'

describe.each([1, 2])('on %d shards', shards => {
  let users: RunningUsers

  beforeAll(async () => {
    users = await startUsers({ maxFollowing: 3 }, shards)
  })
  afterAll(() => users.stop())

  const signUp = (): string => users.signUp('Somebody')[0] as string

  /** That the answer has this one error. */
  const expectError = (answer: Answer, code: string, message = ''): void => {
    expect(answer.errors?.map(error => error.extensions.code)).toEqual([code])
    expect(answer.errors?.[0]?.message).toContain(message)
  }

  describe('updateProfile', () => {
    const update = (input: Record<string, unknown>, viewer?: string): Promise<Answer> =>
      users.ask(
        `mutation ($input: UpdateProfileInput!) {
        updateProfile(input: $input) { id handle name bio favouriteGenres { name } }
      }`,
        { input },
        viewer,
      )

    test('changes what is given and nothing else', async () => {
      const viewer = signUp()
      const first = await update(
        { handle: 'ada_1', name: ' Ada ', bio: 'Hello\n🎬', favouriteGenres: ['Drama', ' Drama', 'Comedy'] },
        viewer,
      )
      const profile = {
        id: userId(viewer),
        handle: 'ada_1',
        name: 'Ada',
        bio: 'Hello\n🎬',
        favouriteGenres: [{ name: 'Drama' }, { name: 'Comedy' }],
      }
      expect(first).toMatchObject({ data: { updateProfile: profile } })
      expect((await update({}, viewer)).data.updateProfile).toEqual(profile)
      expect((await update({ name: 'Ada L.' }, viewer)).data.updateProfile).toEqual({
        ...profile,
        name: 'Ada L.',
      })
      expect((await update({ bio: null, favouriteGenres: [] }, viewer)).data.updateProfile).toEqual({
        ...profile,
        name: 'Ada L.',
        bio: null,
        favouriteGenres: [],
      })
    })

    test.each([
      ['handle', 'ab'],
      ['handle', 'x'.repeat(31)],
      ['handle', 'Ada'],
      ['handle', 'a-da'],
      ['handle', 'ada\n'],
      ['handle', null],
      ['name', ''],
      ['name', '  '],
      ['name', 'x'.repeat(81)],
      ['name', 'a\u0000b'],
      ['name', null],
      ['bio', 'x'.repeat(501)],
      ['bio', '\u0000'],
      ['favouriteGenres', Array.from({ length: 11 }, (_, n) => `Genre ${n}`)],
      ['favouriteGenres', ['Drama', '']],
      ['favouriteGenres', ['x'.repeat(41)]],
      ['favouriteGenres', null],
    ])('%s: %j is BAD_USER_INPUT that names the field', async (field, value) => {
      expectError(await update({ [field]: value }, signUp()), 'BAD_USER_INPUT', `\`${field}`)
    })

    test.each([
      ['name', '🎬'.repeat(80)],
      ['bio', '🎬'.repeat(500)],
      ['handle', 'a_1'],
    ])('%s may be as long or as short as the schema says', async (field, value) => {
      expect((await update({ [field]: value }, signUp())).data.updateProfile[field]).toBe(value)
    })

    test('a handle belongs to one user', async () => {
      const [first, second] = [signUp(), signUp()]
      await update({ handle: 'taken' }, first)
      expectError(await update({ handle: 'taken', name: 'New name' }, second), 'HANDLE_TAKEN', '"taken"')
      expect((await update({}, second)).data.updateProfile.name).toBe('Somebody')
      expect((await update({ handle: 'taken' }, first)).errors).toBeUndefined()
    })

    test('of those who want a handle at once, one gets it', async () => {
      const wanting = [signUp(), signUp(), signUp(), signUp()]
      const answers = await Promise.all(wanting.map(viewer => update({ handle: 'wanted' }, viewer)))
      expect(answers.filter(answer => answer.errors === undefined)).toHaveLength(1)
    })

    test('is for the signed-in alone', async () =>
      expectError(await update({ name: 'x' }), 'UNAUTHENTICATED'))
  })

  describe('follow and unfollow', () => {
    const counts = 'id followerCount isFollowedByViewer followers { totalCount nodes { id followingCount } }'
    const change = (verb: 'follow' | 'unfollow', whom: string, viewer?: string): Promise<Answer> =>
      users.ask(`mutation ($id: ID!) { change: ${verb}(userId: $id) { ${counts} } }`, { id: whom }, viewer)

    test('twice is once, and undone it is as before', async () => {
      const [viewer, other] = [signUp(), signUp()]
      const followed = {
        id: userId(other),
        followerCount: 1,
        isFollowedByViewer: true,
        followers: { totalCount: 1, nodes: [{ id: userId(viewer), followingCount: 1 }] },
      }
      const before = {
        id: userId(other),
        followerCount: 0,
        isFollowedByViewer: false,
        followers: { totalCount: 0, nodes: [] },
      }
      for (const [verb, after] of [
        ['unfollow', before],
        ['follow', followed],
        ['follow', followed],
        ['unfollow', before],
        ['unfollow', before],
      ] as const) {
        const answer = await change(verb, userId(other), viewer)
        expect(answer.errors).toBeUndefined()
        expect(answer.data.change).toEqual(after)
      }
    })

    test('each mutation of a request sees those before it', async () => {
      const [viewer, other] = [signUp(), signUp()]
      const answer = await users.ask(
        `mutation ($id: ID!) {
        a: follow(userId: $id) { followerCount isFollowedByViewer }
        b: unfollow(userId: $id) { followerCount isFollowedByViewer }
      }`,
        { id: userId(other) },
        viewer,
      )
      expect(answer.data).toEqual({
        a: { followerCount: 1, isFollowedByViewer: true },
        b: { followerCount: 0, isFollowedByViewer: false },
      })
    })

    test('nobody follows themselves', async () => {
      const viewer = signUp()
      expectError(await change('follow', userId(viewer), viewer), 'BAD_USER_INPUT', '`userId`')
    })

    test('a user whom nobody knows is NOT_FOUND, an id of another type INVALID_ID', async () => {
      const viewer = signUp()
      expectError(await change('follow', userId(randomUUID()), viewer), 'NOT_FOUND')
      expectError(await change('unfollow', userId(randomUUID()), viewer), 'NOT_FOUND')
      expectError(await change('follow', movieId(randomUUID()), viewer), 'INVALID_ID')
    })

    test('is for the signed-in alone', async () => {
      expectError(await change('follow', userId(signUp())), 'UNAUTHENTICATED')
      expectError(await change('unfollow', userId(signUp())), 'UNAUTHENTICATED')
    })

    test('one user follows so many and no more; those followed already do not count again', async () => {
      const viewer = signUp()
      const others = users.signUp('a', 'b', 'c', 'd')
      for (const other of others.slice(0, 3)) {
        expect((await change('follow', userId(other), viewer)).errors).toBeUndefined()
      }
      expectError(await change('follow', userId(others[3]!), viewer), 'BAD_USER_INPUT', 'at most 3')
      const again = await change('follow', userId(others[0]!), viewer)
      expect(again.data.change.followers.nodes).toEqual([{ id: userId(viewer), followingCount: 3 }])
    })
  })

  describe('the watchlist', () => {
    const change = (
      verb: 'addToWatchlist' | 'removeFromWatchlist',
      movie: string,
      viewer?: string,
    ): Promise<Answer> =>
      users.ask(
        `mutation ($id: ID!) {
        change: ${verb}(movieId: $id) {
          movie { id isOnViewerWatchlist watchlistCount }
          viewer { id watchlist { totalCount nodes { id } } }
        }
      }`,
        { id: movie },
        viewer,
      )
    const state = (movie: string, viewer: string, isOn: boolean, watchlistCount: number) => ({
      movie: { id: movie, isOnViewerWatchlist: isOn, watchlistCount },
      viewer: {
        id: userId(viewer),
        watchlist: isOn ? { totalCount: 1, nodes: [{ id: movie }] } : { totalCount: 0, nodes: [] },
      },
    })

    test('adding twice is once; the movie counts its watchers', async () => {
      const [first, second] = [signUp(), signUp()]
      const movie = movieId(randomUUID())
      for (const [verb, viewer, isOn, count] of [
        ['removeFromWatchlist', first, false, 0],
        ['addToWatchlist', first, true, 1],
        ['addToWatchlist', first, true, 1],
        ['addToWatchlist', second, true, 2],
        ['removeFromWatchlist', first, false, 1],
        ['removeFromWatchlist', first, false, 1],
      ] as const) {
        expect((await change(verb, movie, viewer)).data.change).toEqual(state(movie, viewer, isOn, count))
      }
    })

    test('counts are exact when many change at once', async () => {
      const viewers = users.signUp(...Array.from({ length: 12 }, (_, n) => `Watcher ${n}`))
      const movie = movieId(randomUUID())
      await Promise.all([...viewers, ...viewers].map(viewer => change('addToWatchlist', movie, viewer)))
      await Promise.all(
        [...viewers.slice(0, 5), ...viewers.slice(0, 5)].map(viewer =>
          change('removeFromWatchlist', movie, viewer),
        ),
      )
      expect((await change('addToWatchlist', movie, viewers[5])).data.change.movie.watchlistCount).toBe(7)
    })

    test('is for the signed-in alone, and for ids of movies', async () => {
      expectError(await change('addToWatchlist', movieId(randomUUID())), 'UNAUTHENTICATED')
      expectError(await change('removeFromWatchlist', movieId(randomUUID())), 'UNAUTHENTICATED')
      expectError(await change('addToWatchlist', userId(randomUUID()), signUp()), 'INVALID_ID')
    })

    test('belongs to an account: a token of none owns nothing', async () => {
      expectError(await change('addToWatchlist', movieId(randomUUID()), randomUUID()), 'NOT_FOUND')
    })
  })

  describe('recordView', () => {
    const record = (
      at: string | null | undefined,
      viewer?: string,
      movie = movieId(randomUUID()),
    ): Promise<Answer> =>
      users.ask(
        `mutation ($id: ID!, $at: DateTime) {
        recordView(movieId: $id, at: $at) { movie { id viewerHasSeen } view { at movie { id } } }
      }`,
        { id: movie, ...(at === undefined ? {} : { at }) },
        viewer,
      )

    test.each(['1900-01-01T00:00:00.000Z', '2001-02-03T04:05:06.789Z'])(
      'keeps %s to the millisecond',
      async at => {
        const viewer = signUp()
        const movie = movieId(randomUUID())
        const { data } = await record(at, viewer, movie)
        expect(data.recordView).toEqual({
          movie: { id: movie, viewerHasSeen: true },
          view: { at, movie: { id: movie } },
        })
        const history = await users.ask(
          'query ($id: ID!) { user(id: $id) { history { nodes { at movie { id } } } } }',
          { id: userId(viewer) },
          viewer,
        )
        expect(history.data.user.history.nodes).toEqual([{ at, movie: { id: movie } }])
      },
    )

    test('without a moment it is now', async () => {
      for (const at of [undefined, null]) {
        const { data } = await record(at, signUp())
        expect(Math.abs(Date.parse(data.recordView.view.at) - Date.now())).toBeLessThan(10_000)
      }
    })

    test('the future is refused, a clock that is a little ahead is not', async () => {
      const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
      expect((await record(inMinutes(4), signUp())).errors).toBeUndefined()
      expectError(await record(inMinutes(6), signUp()), 'BAD_USER_INPUT', '`at`')
      expectError(await record('1899-12-31T23:59:59.999Z', signUp()), 'BAD_USER_INPUT', '`at`')
      expectError(await record('yesterday', signUp()), 'BAD_USER_INPUT')
    })

    test('is for the signed-in alone', async () => expectError(await record(undefined), 'UNAUTHENTICATED'))
  })
})
