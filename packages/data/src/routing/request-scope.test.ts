import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConsistencyToken } from '@marquee/contract'
import type { Database } from '../database.ts'
import { sqlRows } from '../sql-rows.ts'
import { Film, filmModel } from '../testing/film-model.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import type { RequestScope } from './request-scope.ts'

let postgres: TestPostgres
let database: Database
beforeAll(async () => {
  postgres = await startTestPostgres()
  database = await postgres.database(filmModel)
  await sqlRows(database.fork(), 'create table tally (name text primary key, value int not null)')
  await sqlRows(database.fork(), "insert into tally values ('a', 0), ('b', 0)")
})
afterAll(() => postgres.stop())

const value = async (name: string): Promise<number | undefined> => {
  const sql = 'select value from tally where name = $1'
  return (await sqlRows<{ value: number }>(database.fork(), sql, [name]))[0]?.value
}

const setBoth = (to: number): Promise<unknown> =>
  database.transaction(em => sqlRows(em, 'update tally set value = $1', [to]))

const asQuery = <T>(
  work: (scope: RequestScope) => Promise<T>,
  isGraph = true,
  seen: ConsistencyToken = {},
): Promise<T> =>
  database.inRequest(seen, scope => {
    scope.reads = 'reader'
    scope.isGraph = isGraph
    return work(scope)
  })

/** Runs outside of the request, as another client's write would. */
const elsewhere = <T>(work: () => Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    setTimeout(() => void work().then(resolve, reject), 0)
  })

describe('a request that reads', () => {
  /** What it reads before and after somebody else writes 2 over 1. */
  const readAround = async (isGraph: boolean): Promise<readonly (number | undefined)[]> => {
    await setBoth(1)
    const hasRead = Promise.withResolvers<void>()
    const writes = Promise.withResolvers<void>()
    const seen = asQuery(async () => {
      const a = await value('a')
      hasRead.resolve()
      await writes.promise
      return [a, await value('b')]
    }, isGraph)
    await hasRead.promise
    await setBoth(2)
    writes.resolve()
    return seen
  }

  test('sees one moment, whatever is written meanwhile', async () => {
    expect(await readAround(true)).toEqual([1, 1])
    expect(await asQuery(() => value('a'))).toBe(2)
  })

  test('of one statement needs no snapshot', async () => {
    expect(await readAround(false)).toEqual([1, 2])
  })

  test('asks several things at once, by the ORM too', async () => {
    const answers = asQuery(() =>
      Promise.all([value('a'), database.fork().find(Film, {}), value('b'), value('c')]),
    )
    expect(await answers).toEqual([2, [], 2, undefined])
  })

  test('one statement that breaks does not break the others', async () => {
    const results = await asQuery(() =>
      Promise.allSettled([
        value('a'),
        sqlRows(database.fork(), 'select 1 / 0'),
        value('b'),
        sqlRows(database.fork(), 'select value from tally limit 1'),
      ]),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  })

  test('reads what it has written itself, and knows where that is', async () => {
    const [before, after, wrote] = await asQuery(async scope => {
      const first = await value('a')
      await setBoth(7)
      return [first, await value('a'), scope.wrote] as const
    })
    expect([before, after]).toEqual([2, 7])
    expect(Object.values(wrote)).toEqual([
      { timeline: 1, lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) },
    ])
  })

  test('knows where a statement by itself has written', async () => {
    const wrote = await asQuery(async scope => {
      await sqlRows(database.fork(), 'update tally set value = 8')
      return scope.wrote
    })
    expect(Object.keys(wrote)).toHaveLength(1)
  })

  test('what changes something without looking so goes to the writer', async () => {
    await sqlRows(
      database.fork(),
      `create function bump() returns int language sql as 'update tally set value = 9 returning value'`,
    )
    const bumped = await asQuery(() => sqlRows<{ bump: number }>(database.fork(), 'select bump()'))
    expect(bumped).toEqual([{ bump: 9 }])
    expect(await value('b')).toBe(9)
  })

  test('gives its connection back, broken off or not', async () => {
    for (let round = 0; round < 30; round += 1) {
      await expect(
        asQuery(async () => {
          await value('a')
          throw new Error('broken off')
        }),
      ).rejects.toThrow('broken off')
    }
    expect(await asQuery(() => value('a'))).toBe(9)
  })
})

test('many requests with a snapshot each do not keep writes from their connections', async () => {
  const requests = Array.from({ length: 40 }, () =>
    asQuery(async () => {
      await value('a')
      await sqlRows(database.fork(), 'update tally set value = value + 1')
      return value('a')
    }),
  )
  expect((await Promise.all(requests)).every(found => (found ?? 0) > 9)).toBe(true)
})

test('outside of a request nothing is pinned, and a mutation reads where it writes', async () => {
  await setBoth(3)
  expect(await value('a')).toBe(3)
  const found = await database.inRequest({}, async scope => {
    expect(scope.reads).toBe('writer')
    await elsewhere(() => setBoth(4))
    return value('a')
  })
  expect(found).toBe(4)
})
