import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bucketOf, dataConfig, startTestPostgres, type TestPostgres } from '@marquee/data'
import { idOn, movieId, startUsers, userId, type Answer, type RunningUsers } from '../testing/start-users.ts'
import { sweep } from '../upkeep/sweep.ts'

/** Two shards on two servers, of which the second one dies. */

let servers: readonly TestPostgres[]
let users: RunningUsers
let alive: string
let friend: string
let dead: string
const film = movieId(randomUUID())

beforeAll(async () => {
  servers = await Promise.all([startTestPostgres(), startTestPostgres()])
  await Promise.all(servers.map(({ server }) => server.ensureDatabases(['users'])))
  const places = servers.map(({ server }, index) => [`s${index + 1}`, { writer: server.url('users') }])
  users = await startUsers(
    {},
    dataConfig.parse({
      databases: { users: { shards: Object.fromEntries(places) } },
      routing: { holdMs: 300 },
    }),
  )
  alive = await users.profileOn('s1', 'Alive')
  friend = await users.profileOn('s1', 'Friend')
  dead = await users.profileOn('s2', 'Dead')
  for (const field of [
    `follow(userId: "${userId(friend)}")`,
    `addToWatchlist(movieId: "${film}")`,
    `recordView(movieId: "${film}")`,
  ]) {
    expect((await users.ask(`mutation { ${field} { __typename } }`, {}, alive)).errors).toBeUndefined()
  }
  await servers[1]!.server.stop()
}, 60_000)
afterAll(async () => {
  await users.stop()
  await Promise.all(servers.map(server => server.stop()))
})

const codesOf = (answer: Answer) =>
  answer.errors?.map(({ path, extensions }) => [path?.join('.'), extensions.code])

const entities = (type: string, ids: readonly string[], selection: string, viewer?: string) =>
  users.ask(
    `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${type} { ${selection} } } }`,
    { of: ids.map(id => ({ __typename: type, id })) },
    viewer,
  )

test('of a batch those on the dead shard fail with SHARD_UNAVAILABLE, the others arrive', async () => {
  const answer = await entities('User', [userId(alive), userId(dead)], 'name following { nodes { name } }')
  expect(answer.data._entities).toEqual([{ name: 'Alive', following: { nodes: [{ name: 'Friend' }] } }, null])
  expect(codesOf(answer)).toEqual([['_entities.1', 'SHARD_UNAVAILABLE']])
})

test('a number that all shards have a part of is an error rather than wrong; what is by owner is there', async () => {
  const answer = await entities('Movie', [film], 'viewerHasSeen isOnViewerWatchlist', alive)
  expect(answer.data._entities).toEqual([{ viewerHasSeen: true, isOnViewerWatchlist: true }])
  const counted = await entities('Movie', [film], 'watchlistCount', alive)
  expect(codesOf(counted)).toEqual([['_entities.0.watchlistCount', 'SHARD_UNAVAILABLE']])
})

test('who lives there cannot be followed, and nothing is noted', async () => {
  const answer = await users.ask(`mutation { follow(userId: "${userId(dead)}") { id } }`, {}, alive)
  expect(codesOf(answer)).toEqual([['follow', 'SHARD_UNAVAILABLE']])
  const after = await users.ask(
    'query ($id: ID!) { user(id: $id) { followingCount following { nodes { id } } } }',
    {
      id: userId(alive),
    },
  )
  expect(after.data.user).toEqual({ followingCount: 1, following: { nodes: [{ id: userId(friend) }] } })
})

test('a handle whose row is there can neither be looked up nor taken; another one can', async () => {
  const handleOn = (shard: string): string => {
    for (let n = 0; ; n += 1) {
      if (users.database.map().shardOf(bucketOf(`alive_${n}`)) === shard) return `alive_${n}`
    }
  }
  const look = await users.ask(`{ userByHandle(handle: "${handleOn('s2')}") { id } }`)
  expect(codesOf(look)).toEqual([['userByHandle', 'SHARD_UNAVAILABLE']])
  const take = (handle: string) =>
    users.ask(`mutation { updateProfile(input: { handle: "${handle}" }) { handle } }`, {}, alive)
  expect(codesOf(await take(handleOn('s2')))).toEqual([['updateProfile', 'SHARD_UNAVAILABLE']])
  const handle = handleOn('s1')
  expect((await take(handle)).data.updateProfile).toEqual({ handle })
})

test('a new user of the living shard gets a profile, whatever shard the plain handle is on', async () => {
  const ids = ['s1', 's1', 's1', 's2'].map(shard => idOn(users.database, shard))
  for (const [n, id] of ids.entries()) users.auth.accounts.set(id, `New ${n}`)
  const answer = await entities('User', ids.map(userId), 'name')
  const codes = new Map(codesOf(answer) as [string, string][])
  expect(codes.get('_entities.3')).toBe('SHARD_UNAVAILABLE')
  // Each of four handles is as likely as not on the dead shard: one in sixteen has to try again.
  for (const code of codes.values()) expect(code).toBe('SHARD_UNAVAILABLE')
  expect(answer.data._entities.filter((one: unknown) => one !== null).length).toBeGreaterThan(0)
})

test('a sweep does what it can', async () => {
  await expect(sweep(users.database)).resolves.toMatchObject({ follows: 0 })
})
