import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bucketOf } from '@marquee/data'
import fc from 'fast-check'
import { startUsers, userId, type RunningUsers } from '../testing/start-users.ts'

describe.each([1, 2])('on %d shards', shards => {
  let users: RunningUsers

  beforeAll(async () => {
    users = await startUsers({}, shards)
  })
  afterAll(() => users.stop())

  /** The lists: where their rows are, and what an edge shows of a row's id. */
  const lists = {
    followers: { table: 'follower (followee_id, bucket, follower_id, followed_at)', edge: 'node { id }' },
    following: { table: 'follow (follower_id, bucket, followee_id, followed_at)', edge: 'node { id }' },
    watchlist: { table: 'watchlist (user_id, bucket, movie_id, added_at)', edge: 'node { id }' },
    history: { table: 'view (user_id, bucket, movie_id, at)', edge: 'node { movie { id } }' },
  } as const

  type List = keyof typeof lists

  /** Whatever the list, a row's id is that of a user with a profile. */
  const insert = (list: List, owner: string, rows: readonly { id: string; at: Date }[]) =>
    users.write(
      owner,
      `insert into ${lists[list].table} select $1::uuid, $4::smallint, * from unnest($2::uuid[], $3::timestamptz[])`,
      [owner, rows.map(({ id }) => id), rows.map(({ at }) => at), bucketOf(owner)],
    )

  const page = async (list: List, owner: string, first: number, after: string | null) => {
    const answer = await users.ask(
      `query ($id: ID!, $first: Int!, $after: String) {
      user(id: $id) { ${list}(first: $first, after: $after) {
        edges { cursor ${lists[list].edge} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } }
    }`,
      { id: userId(owner), first, after },
      owner,
    )
    expect(answer.errors).toBeUndefined()
    return answer.data.user[list]
  }

  const idOf = (edge: { node: { id?: string; movie?: { id: string } } }): string =>
    (edge.node.movie?.id ?? edge.node.id ?? '').replace(/^\w+?_/, '')

  type PlanNode = Readonly<{
    'Node Type': string
    'Relation Name'?: string
    'Actual Rows': number
    'Rows Removed by Filter'?: number
    Plans?: readonly PlanNode[]
  }>

  /** The nodes of a plan that read a table. */
  const scansOf = (node: PlanNode): readonly PlanNode[] => [
    ...(node['Relation Name'] === undefined ? [] : [node]),
    ...(node.Plans ?? []).flatMap(scansOf),
  ]

  /** Few different moments, so that many rows share one. */
  const moment = fc.integer({ min: 0, max: 3 }).map(n => new Date(Date.UTC(2020, 0, 1) + n))

  let pool: string[]

  beforeAll(async () => {
    pool = users.signUp(...Array.from({ length: 40 }, (_, n) => `Pool ${n}`))
    await users.ask('query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { name } } }', {
      of: pool.map(id => ({ __typename: 'User', id: userId(id) })),
    })
  })

  describe.each(Object.keys(lists) as List[])('%s', list => {
    test('paged, shows each row once, in one order, while others are put in front', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(moment, { maxLength: 25 }),
          fc.integer({ min: 1, max: 7 }),
          async (moments, first) => {
            const [owner] = users.signUp('Owner') as [string]
            await page(list, owner, 1, null)
            const rows = moments.map((at, n) => ({ id: pool[n]!, at }))
            await insert(list, owner, rows)

            const all = (await page(list, owner, 100, null)).edges
            const walked: unknown[] = []
            let after: string | null = null
            let newcomers = 30
            do {
              const { edges, pageInfo } = await page(list, owner, first, after)
              expect(edges.length).toBeLessThanOrEqual(first)
              expect(pageInfo.hasPreviousPage).toBe(after !== null)
              expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null)
              expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null)
              walked.push(...edges)
              after = pageInfo.hasNextPage ? pageInfo.endCursor : null
              if (newcomers < pool.length) {
                await insert(list, owner, [{ id: pool[newcomers]!, at: new Date() }])
                newcomers += 1
              }
            } while (after !== null)

            expect(walked).toEqual(all)
            expect(all.map(idOf).toSorted()).toEqual(rows.map(({ id }) => userId(id).slice(5)).toSorted())
            const atOf = new Map(rows.map(({ id, at }) => [userId(id).slice(5), at.getTime()]))
            const times = all.map((edge: never) => atOf.get(idOf(edge)) ?? 0)
            expect(times).toEqual(times.toSorted((a: number, b: number) => b - a))
          },
        ),
        { numRuns: 8 },
      ))
  })

  test('a cursor of a row that is gone still says where it was', async () => {
    const [owner] = users.signUp('Owner') as [string]
    await page('watchlist', owner, 1, null)
    const ids = [randomUUID(), randomUUID(), randomUUID()]
    await insert(
      'watchlist',
      owner,
      ids.map((id, n) => ({ id, at: new Date(Date.UTC(2020, 0, 1 + n)) })),
    )
    const { pageInfo } = await page('watchlist', owner, 2, null)
    await users.write(owner, 'delete from watchlist where user_id = $1 and movie_id = $2', [owner, ids[1]])
    const next = await page('watchlist', owner, 2, pageInfo.endCursor)
    expect(next.edges.map(idOf)).toEqual([userId(ids[0]!).slice(5)])
  })

  test('a page far down a long list reads that page of the index and nothing more', async () => {
    const [owner] = users.signUp('Popular') as [string]
    await page('followers', owner, 1, null)
    await users.write(
      owner,
      `insert into follower (followee_id, bucket, follower_id, followed_at)
     select $1, $2, gen_random_uuid(), now() - n * interval '1 minute' from generate_series(1, 20000) n`,
      [owner, bucketOf(owner)],
    )
    await users.rows('analyze follower')
    const [, statement] = await users.statementsOf(() =>
      users.ask('query ($id: ID!) { user(id: $id) { followers { edges { cursor } } } }', {
        id: userId(owner),
      }),
    )
    const far = new Date(Date.now() - 10_000 * 60_000).toISOString()
    const [explained] = (await users.write(owner, `explain (analyze, format json) ${statement}`, [
      [owner],
      [21],
      [far],
      [owner],
    ])) as { 'QUERY PLAN': [{ Plan: PlanNode }] }[]
    const scans = scansOf(explained!['QUERY PLAN'][0].Plan)
    expect(scans).toHaveLength(1)
    expect(scans[0]).toMatchObject({ 'Scan Direction': 'Backward', 'Actual Rows': 21 })
    expect(scans[0]!['Rows Removed by Filter'] ?? 0).toBe(0)
  })
})
