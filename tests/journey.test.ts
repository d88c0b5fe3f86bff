import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startPlatform, type Platform } from './support/platform.ts'

/** Tried as a new user would: each step builds on the one before, so the steps are one test after another. */
describe('a new user of the film catalogue', () => {
  let platform: Platform
  const email = `ripley-${Date.now()}@nostromo.example`
  const password = 'jones the cat 1979'
  let token = ''
  let refreshToken = ''
  let viewerId = ''
  let movieId = ''
  let reviewId = ''

  beforeAll(async () => {
    platform = await startPlatform()
  }, 60_000)
  afterAll(async () => {
    expect(await platform.stop()).toBe(0)
  })

  test('signs up, and is the viewer at once', async () => {
    const answer = await platform.ask(
      `mutation ($input: SignUpInput!) {
        signUp(input: $input) { accessToken refreshToken user { id name handle email } }
      }`,
      { input: { email, password, name: 'Ellen Ripley' } },
    )
    expect(answer.errors).toEqual([])
    token = answer.data.signUp.accessToken
    refreshToken = answer.data.signUp.refreshToken
    viewerId = answer.data.signUp.user.id
    expect(answer.data.signUp.user).toMatchObject({
      name: 'Ellen Ripley',
      handle: expect.stringMatching(/^[a-z0-9_]{3,30}$/),
    })
    const viewer = await platform.ask('{ viewer { id email name roles memberSince } }', {}, token)
    expect(viewer.data.viewer).toMatchObject({ id: viewerId, email, name: 'Ellen Ripley', roles: ['MEMBER'] })
  })

  test('signs in with the password, and not with another', async () => {
    const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }`
    const wrong = await platform.ask(signIn, { input: { email, password: 'wrong wrong wrong' } })
    expect(wrong.errors).toMatchObject([
      { path: ['signIn'], extensions: { code: 'SIGN_IN_FAILED', service: 'auth' } },
    ])
    const right = await platform.ask(signIn, { input: { email, password } })
    expect(right.errors).toEqual([])
    token = right.data.signIn.accessToken
    refreshToken = right.data.signIn.refreshToken
  })

  test('browses page by page', async () => {
    const page = `query ($after: String) {
      movies(first: 5, after: $after, filter: { titleContains: "alien" }, orderBy: { field: RELEASE_DATE }) {
        nodes { id title releaseDate director { name } genres { name } }
        pageInfo { hasNextPage endCursor }
      }
    }`
    const first = await platform.ask(page)
    expect(first.errors).toEqual([])
    expect(first.data.movies.nodes).toHaveLength(5)
    const second = await platform.ask(page, { after: first.data.movies.pageInfo.endCursor })
    const titles = [...first.data.movies.nodes, ...second.data.movies.nodes].map(
      (movie: { title: string }) => movie.title,
    )
    expect(titles).toContain('Aliens')
    expect(new Set(titles).size).toBe(titles.length)
    const dates = [...first.data.movies.nodes, ...second.data.movies.nodes].map(
      (movie: { releaseDate: string }) => movie.releaseDate,
    )
    expect(dates).toEqual(dates.toSorted((a: string, b: string) => a.localeCompare(b)))
  })

  test('searches with a typo', async () => {
    const answer = await platform.ask(`{
      search(text: "the godfahter") { score node { __typename ... on Movie { id title } ... on Person { name } } }
    }`)
    expect(answer.errors).toEqual([])
    expect(answer.data.search[0].node).toMatchObject({ __typename: 'Movie', title: 'The Godfather' })
    movieId = answer.data.search[0].node.id
  })

  test('reviews, edits, and sees the rating follow', async () => {
    const rating = async () =>
      (
        await platform.ask('query ($id: ID!) { movie(id: $id) { rating { average count } } }', {
          id: movieId,
        })
      ).data.movie.rating
    const before = await rating()
    const added = await platform.ask(
      `mutation ($input: AddReviewInput!) { addReview(input: $input) { id stars author { id name } movie { title } } }`,
      { input: { movieId, stars: 5, text: 'An offer nobody refuses.' } },
      token,
    )
    expect(added.errors).toEqual([])
    expect(added.data.addReview).toMatchObject({
      stars: 5,
      author: { id: viewerId, name: 'Ellen Ripley' },
      movie: { title: 'The Godfather' },
    })
    reviewId = added.data.addReview.id
    const after = await rating()
    expect(after.count).toBe(before.count + 1)
    const again = await platform.ask(
      `mutation ($input: AddReviewInput!) { addReview(input: $input) { id } }`,
      { input: { movieId, stars: 1, text: 'Twice.' } },
      token,
    )
    expect(again.errors[0]?.extensions).toMatchObject({ code: 'REVIEW_EXISTS' })
    await platform.ask(
      `mutation ($input: EditReviewInput!) { editReview(input: $input) { stars editedAt } }`,
      { input: { id: reviewId, stars: 1 } },
      token,
    )
    const edited = await rating()
    expect(edited.average * edited.count).toBeCloseTo(after.average * after.count - 4)
  })

  test('follows somebody, who is then told so', async () => {
    const other = await platform.ask(
      `mutation ($input: SignUpInput!) { signUp(input: $input) { user { id } } }`,
      { input: { email: `ash-${Date.now()}@nostromo.example`, password: 'special order 937', name: 'Ash' } },
    )
    const userId = other.data.signUp.user.id
    const followed = await platform.ask(
      `mutation ($userId: ID!) { follow(userId: $userId) { name isFollowedByViewer followerCount followers { nodes { name } } } }`,
      { userId },
      token,
    )
    expect(followed.errors).toEqual([])
    expect(followed.data.follow).toEqual({
      name: 'Ash',
      isFollowedByViewer: true,
      followerCount: 1,
      followers: { nodes: [{ name: 'Ellen Ripley' }] },
    })
  })

  test('keeps a watchlist, sees a movie, and gets a match that needs two subgraphs', async () => {
    await platform.ask(
      'mutation { updateProfile(input: { handle: "ripley8", favouriteGenres: ["Drama"] }) { handle } }',
      {},
      token,
    )
    const added = await platform.ask(
      `mutation ($movieId: ID!) { addToWatchlist(movieId: $movieId) { movie { title isOnViewerWatchlist watchlistCount } viewer { watchlist { nodes { title } } } } }`,
      { movieId },
      token,
    )
    expect(added.errors).toEqual([])
    expect(added.data.addToWatchlist.movie).toMatchObject({
      title: 'The Godfather',
      isOnViewerWatchlist: true,
    })
    expect(added.data.addToWatchlist.viewer.watchlist.nodes).toEqual([{ title: 'The Godfather' }])
    await platform.ask(
      'mutation ($movieId: ID!) { recordView(movieId: $movieId) { view { at } } }',
      { movieId },
      token,
    )
    const movie = await platform.ask(
      'query ($id: ID!) { movie(id: $id) { viewerHasSeen matchForViewer genres { id } } }',
      { id: movieId },
      token,
    )
    expect(movie.errors).toEqual([])
    expect(movie.data.movie.viewerHasSeen).toBe(true)
    expect(movie.data.movie.matchForViewer).toEqual(expect.any(Number))
    const anonymous = await platform.ask(
      'query ($id: ID!) { movie(id: $id) { viewerHasSeen matchForViewer } }',
      { id: movieId },
    )
    expect(anonymous.data.movie).toEqual({ viewerHasSeen: null, matchForViewer: null })
  })

  test('signs out: the refresh token is of no more use', async () => {
    const out = await platform.ask(
      'mutation ($t: String) { signOut(refreshToken: $t) }',
      { t: refreshToken },
      token,
    )
    expect(out.data.signOut).toBe(true)
    const refresh = await platform.ask(
      'mutation ($t: String!) { refresh(refreshToken: $t) { accessToken } }',
      { t: refreshToken },
    )
    expect(refresh.errors[0]?.extensions['code']).toMatch(/^REFRESH_TOKEN_/)
  })
})
