import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { startUsers, userId, type RunningUsers } from '../testing/start-users.ts'

describe.each([1, 2])('on %d shards', shards => {
  /** Hundreds of requests: on a busy machine they take their time. */
  const patienceMs = 120_000
  let users: RunningUsers

  beforeAll(async () => {
    users = await startUsers({}, shards)
  })
  afterAll(() => users.stop())

  type Step = Readonly<{ verb: 'follow' | 'unfollow'; who: number; whom: number }>

  const people = 4
  const person = fc.nat(people - 1)
  const step: fc.Arbitrary<Step> = fc
    .record({ verb: fc.constantFrom('follow', 'follow', 'unfollow'), who: person, whom: person })
    .filter(({ who, whom }) => who !== whom)

  const run = async (ids: readonly string[], { verb, who, whom }: Step): Promise<void> => {
    const answer = await users.ask(
      `mutation ($id: ID!) { ${verb}(userId: $id) { id } }`,
      { id: userId(ids[whom]!) },
      ids[who],
    )
    expect(answer.errors).toBeUndefined()
  }

  type Person = Readonly<{
    followerCount: number
    followingCount: number
    followers: string[]
    following: string[]
  }>

  /** What the API says of each. */
  const told = async (ids: readonly string[]): Promise<readonly Person[]> => {
    const { data } = await users.ask(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User {
      followerCount followingCount followers { nodes { id } } following { nodes { id } }
    } } }`,
      { of: ids.map(id => ({ __typename: 'User', id: userId(id) })) },
    )
    const idsOf = (list: { nodes: { id: string }[] }): string[] => list.nodes.map(({ id }) => id).toSorted()
    return data._entities.map((user: Person & Record<'followers' | 'following', never>) => ({
      ...user,
      followers: idsOf(user.followers),
      following: idsOf(user.following),
    }))
  }

  /** What a set of pairs says of each. */
  const modelled = (ids: readonly string[], pairs: ReadonlySet<string>): readonly Person[] =>
    ids.map((_id, n) => {
      const among = (pairOf: (other: number) => string): string[] =>
        ids.flatMap((id, other) => (pairs.has(pairOf(other)) ? [userId(id)] : [])).toSorted()
      const followers = among(other => `${other} ${n}`)
      const following = among(other => `${n} ${other}`)
      return { followerCount: followers.length, followingCount: following.length, followers, following }
    })

  const newPeople = (): string[] => users.signUp(...Array.from({ length: people }, (_, n) => `Person ${n}`))

  test(
    'any sequence of follow and unfollow leaves what a plain set of pairs has',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 15 }), async steps => {
          const ids = newPeople()
          const pairs = new Set<string>()
          for (const { verb, who, whom } of steps) {
            await run(ids, { verb, who, whom })
            if (verb === 'follow') pairs.add(`${who} ${whom}`)
            else pairs.delete(`${who} ${whom}`)
          }
          expect(await told(ids)).toEqual(modelled(ids, pairs))
        }),
        { numRuns: 10 },
      ),
    patienceMs,
  )

  test(
    'done all at once, counts are those of the rows, and both sides agree',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async steps => {
          const ids = newPeople()
          await Promise.all(steps.map(one => run(ids, one)))
          const rows = (table: string) =>
            users.rows<{ pair: string }>(
              `select follower_id || ' ' || followee_id || ' ' || followed_at as pair from ${table}
           where follower_id = any($1::uuid[])`,
              [ids],
            )
          const sorted = async (table: string) =>
            (await rows(table)).toSorted((a, b) => (a.pair < b.pair ? -1 : 1))
          const follow = await sorted('follow')
          expect(await sorted('follower')).toEqual(follow)
          const pairs = new Set(
            follow.map(({ pair }) =>
              pair
                .split(' ')
                .slice(0, 2)
                .map(id => ids.indexOf(id))
                .join(' '),
            ),
          )
          expect(await told(ids)).toEqual(modelled(ids, pairs))
          // A pair that was only ever followed is there, one only ever unfollowed is not.
          for (const { who, whom } of steps) {
            const verbs = new Set(steps.filter(s => s.who === who && s.whom === whom).map(s => s.verb))
            if (verbs.size === 1) expect(pairs.has(`${who} ${whom}`)).toBe(verbs.has('follow'))
          }
        }),
        { numRuns: 10 },
      ),
    patienceMs,
  )
})
