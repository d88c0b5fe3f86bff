import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { anonymous } from '@marquee/contract'
import { startUsers, userId, type RunningUsers } from '../testing/start-users.ts'

describe.each([1, 2])('on %d shards', shards => {
  let users: RunningUsers

  beforeAll(async () => {
    users = await startUsers({}, shards)
  })
  afterAll(() => users.stop())
  afterEach(() => {
    users.auth.mood.now = 'well'
    users.auth.broken.clear()
  })

  const entities = (ids: readonly string[], selection = 'id name handle') =>
    users.ask(`query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { ${selection} } } }`, {
      of: ids.map(id => ({ __typename: 'User', id: userId(id) })),
    })

  const callsOf = async (work: () => Promise<unknown>) => {
    const from = users.auth.calls.length
    await work()
    return users.auth.calls.slice(from)
  }

  describe('a user without a profile is looked up in auth', () => {
    test('one signed call for all missing ids, and profiles from what auth says', async () => {
      const ids = users.signUp('Ada Lovelace', 'Zoë O’Neil', '李小龙')
      const calls = await callsOf(async () => {
        expect((await entities(ids)).data._entities).toEqual([
          { id: userId(ids[0]!), name: 'Ada Lovelace', handle: 'ada_lovelace' },
          { id: userId(ids[1]!), name: 'Zoë O’Neil', handle: 'zoe_o_neil' },
          { id: userId(ids[2]!), name: '李小龙', handle: 'user' },
        ])
      })
      expect(calls).toEqual([{ identity: anonymous, ids }])
    })

    test('is asked for once: after that the profile is ours', async () => {
      const ids = users.signUp('Grace')
      await entities(ids)
      expect(await callsOf(() => entities(ids))).toEqual([])
    })

    test('500 references that have a profile are one SQL statement a shard', async () => {
      const ids = users.signUp(...Array.from({ length: 500 }, (_, n) => `Number ${n}`))
      expect(await callsOf(() => entities(ids))).toHaveLength(1)
      let answer
      const statements = await users.statementsOf(async () => {
        answer = await entities(ids, 'id followerCount')
      })
      expect(statements).toHaveLength(shards)
      expect(answer).toMatchObject({
        data: { _entities: ids.map(id => ({ id: userId(id), followerCount: 0 })) },
      })
    })

    test('namesakes get handles of their own, also when they arrive together', async () => {
      const first = await entities(users.signUp('Same Name', 'Same Name'))
      const second = await entities(users.signUp('Same Name'))
      const handles = [...first.data._entities, ...second.data._entities].map(({ handle }) => handle)
      expect(new Set(handles).size).toBe(3)
      expect(handles).toContain('same_name')
      for (const handle of handles) expect(handle).toMatch(/^same_name(_[0-9a-f]{8})?$/)
    })

    test('many requests at once make one profile and agree on it', async () => {
      const ids = users.signUp('Twin', 'Twin', 'Twin', 'Triplet')
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) => entities(n % 2 === 0 ? ids : ids.toReversed())),
      )
      for (const answer of answers) expect(answer.errors).toBeUndefined()
      const byId = answers.map(({ data }) =>
        data._entities.toSorted((a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)),
      )
      for (const rows of byId) expect(rows).toEqual(byId[0])
    })

    test('a name longer than a profile can hold, or of nothing but control characters, is made to fit', async () => {
      const answer = await entities(users.signUp('🎬'.repeat(100), '\u0000\u0007'))
      expect(answer.data._entities).toMatchObject([{ name: '🎬'.repeat(80) }, { name: 'User' }])
    })
  })

  describe('an id that nobody has', () => {
    test('is null, asked for once, and remembered for some seconds', async () => {
      const phantom = randomUUID()
      const ask = () => users.ask('query ($id: ID!) { user(id: $id) { id } }', { id: userId(phantom) })
      expect(await callsOf(async () => expect((await ask()).data).toEqual({ user: null }))).toHaveLength(1)
      expect(await callsOf(async () => expect((await ask()).data).toEqual({ user: null }))).toHaveLength(0)
    })

    test('does not disturb the others of its batch', async () => {
      const [known, fresh] = users.signUp('Known', 'Fresh') as [string, string]
      await entities([known])
      const answer = await entities([known, randomUUID(), fresh], 'name')
      expect(answer.data._entities).toEqual([{ name: 'Known' }, null, { name: 'Fresh' }])
      expect(answer.errors).toBeUndefined()
    })
  })

  describe('when auth does not answer', () => {
    test.each([
      ['hangs up', 'SUBGRAPH_UNAVAILABLE'],
      ['silent', 'SUBGRAPH_UNAVAILABLE'],
      ['babbling', 'SUBGRAPH_BAD_RESPONSE'],
    ] as const)('(%s) only users never seen before fail, with %s', async (mood, code) => {
      const [known, fresh] = users.signUp('Known', 'Fresh') as [string, string]
      await entities([known])
      users.auth.mood.now = mood
      const answer = await entities([fresh, known], 'name')
      expect(answer.data._entities).toEqual([null, { name: 'Known' }])
      expect(answer.errors).toMatchObject([{ path: ['_entities', 0], extensions: { code } }])
      users.auth.mood.now = 'well'
      expect((await entities([fresh], 'name')).data._entities).toEqual([{ name: 'Fresh' }])
    })

    test('an error for one account fails that one alone, and is not taken for "nobody"', async () => {
      const [bad, good] = users.signUp('Bad', 'Good') as [string, string]
      users.auth.broken.add(bad)
      const answer = await entities([bad, good], 'name')
      expect(answer.data._entities).toEqual([null, { name: 'Good' }])
      expect(answer.errors).toMatchObject([
        { path: ['_entities', 0], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } },
      ])
      users.auth.broken.clear()
      expect((await entities([bad], 'name')).data._entities).toEqual([{ name: 'Bad' }])
    })

    test('a malformed id fails alone', async () => {
      const [good] = users.signUp('Good') as [string]
      const answer = await users.ask(
        'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { name } } }',
        {
          of: [
            { __typename: 'User', id: 'User_x' },
            { __typename: 'User', id: userId(good) },
          ],
        },
      )
      expect(answer.data._entities).toEqual([null, { name: 'Good' }])
      expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_ID' } }])
    })
  })

  test('without an address of auth, an id without a profile is nobody', async () => {
    const alone = await startUsers({ authUrl: undefined }, shards)
    try {
      const [id] = alone.signUp('Ada') as [string]
      const answer = await alone.ask('query ($id: ID!) { user(id: $id) { id } }', { id: userId(id) })
      expect(answer).toMatchObject({ status: 200, data: { user: null } })
      expect(alone.auth.calls).toEqual([])
    } finally {
      await alone.stop()
    }
  })
})
