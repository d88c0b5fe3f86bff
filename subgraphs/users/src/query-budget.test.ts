import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bucketOf, sqlRows } from '@marquee/data'
import { queryBudget } from '@marquee/data/doctor'
import { movieId, startUsers, userId, type RunningUsers } from './testing/start-users.ts'

/** What each operation of the examples costs the database: so many statements, and no big table from end to end. */

let users: RunningUsers
let url = ''
const viewer = randomUUID()
const film = randomUUID()

beforeAll(async () => {
  users = await startUsers()
  const [database] = await users.rows<{ name: string }>('select current_database() as name')
  url = users.postgres.server.url(database?.name ?? '')
  const crowd = `(select * from profile where id <> '${viewer}') p`
  await users.database.transaction(viewer, async em => {
    for (const statement of [
      'set local session_replication_role = replica',
      'set local statement_timeout = 0',
      `insert into profile (id, bucket, handle, name) values ('${viewer}', ${bucketOf(viewer)}, 'ripley', 'Ellen Ripley')`,
      `insert into profile (id, bucket, handle, name) select id, marquee.bucket_of(id::text), 'crowd_' || n, 'Crowd ' || n
         from (select uuidv7() as id, n from generate_series(1, 12000) n) crowd`,
      `insert into handle_reservation (handle, bucket, owner_id, is_pending)
         select handle, marquee.bucket_of(handle), id, false from profile`,
      `insert into follow (follower_id, bucket, followee_id) select '${viewer}', ${bucketOf(viewer)}, id from ${crowd} limit 50`,
      `insert into follow (follower_id, bucket, followee_id) select p.id, p.bucket, '${viewer}' from ${crowd}`,
      `insert into follower (followee_id, bucket, follower_id, followed_at) select '${viewer}', ${bucketOf(viewer)}, id, now() - mod(ascii(handle), 9) * interval '1 hour' from ${crowd}`,
      `insert into watchlist (user_id, bucket, movie_id) select id, bucket, uuidv7() from profile`,
      `insert into movie_watchlist_count (movie_id, bucket, users) select movie_id, bucket, 1 from watchlist`,
      `insert into view (user_id, bucket, movie_id, at) select id, bucket, '${film}', now() from profile`,
      'analyze',
    ]) {
      await sqlRows(em, statement)
    }
  })
}, 60_000)
afterAll(() => users.stop())

const lists = `followers(first: 5) { nodes { name } totalCount } following(first: 5) { nodes { name } }
  watchlist(first: 5) { nodes { id } totalCount } history(first: 5) { nodes { at movie { id } } }`
const reference = 'query ($of: [_Any!]!) { _entities(representations: $of)'

const operations: readonly (readonly [string, number, string, () => object])[] = [
  [
    'a profile with its lists',
    9,
    `query ($id: ID!) { user(id: $id) { name followerCount isFollowedByViewer ${lists} } }`,
    () => ({ id: userId(viewer) }),
  ],
  ['a profile by handle', 1, '{ userByHandle(handle: "crowd_7") { name bio } }', () => ({})],
  [
    'profiles as entities',
    1,
    `${reference} { ... on User { handle name } } }`,
    () => ({ of: [{ __typename: 'User', id: userId(viewer) }] }),
  ],
  [
    'what a viewer sees of a movie',
    6,
    `${reference} { ... on Movie { viewerHasSeen isOnViewerWatchlist watchlistCount seenByFriends { name } } } }`,
    () => ({ of: [{ __typename: 'Movie', id: movieId(film) }] }),
  ],
  [
    'following',
    5,
    'mutation ($id: ID!) { follow(userId: $id) { followerCount } }',
    () => ({ id: userId(viewer) }),
  ],
  [
    'noting a movie',
    5,
    'mutation ($id: ID!) { addToWatchlist(movieId: $id) { movie { watchlistCount } } }',
    () => ({ id: movieId(film) }),
  ],
  [
    'noting a view',
    3,
    'mutation ($id: ID!) { recordView(movieId: $id) { view { at } } }',
    () => ({ id: movieId(film) }),
  ],
]

test.each(operations)(
  '%s costs %d statements, and reads no big table from end to end',
  async (what, statements, query, variables) => {
    const budget = await queryBudget(url, async () => {
      const [crowd] = await users.rows<{ id: string }>(`select id from profile where handle = 'crowd_11000'`)
      const answer = await users.ask(query, { ...variables() }, what === 'following' ? crowd?.id : viewer)
      expect(answer.errors).toBeUndefined()
    })
    expect(budget).toEqual({ statements, scans: [], unknown: [] })
  },
)
