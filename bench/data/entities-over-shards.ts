import { randomUUID } from 'node:crypto'
import { deepStrictEqual } from 'node:assert'
import { encodeId } from '@marquee/contract'
import { bucketOf, openShardedDatabase, sqlRows, startTestPostgres, type TestPostgres } from '@marquee/data'
import { askSubgraph, serveSubgraph, subgraphConfig } from '@marquee/subgraph'
import { usersConfig, usersDefinition, usersModel } from '@marquee/users'
import { median } from '../support/report.ts'
import { interleave, type CaseResult } from './result.ts'

const users = 500
const shards = 4
const secret = 'the secret of this bench'

const query = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { id handle name bio } }
}`

type Served = Readonly<{
  ask: () => Promise<unknown>
  /** How many statements `ask` made since the last time that this was asked. */
  statements: () => number
  stop: () => Promise<void>
}>

/** The users subgraph over real HTTP, with the same users on one database or spread over some. */
const serve = async (postgres: TestPostgres, count: number, ids: readonly string[]): Promise<Served> => {
  const names = Array.from({ length: count }, (_, index) => `s${index + 1}`)
  const config = await (count === 1 ? postgres.configFor('users') : postgres.shardedConfigFor('users', names))
  const database = await openShardedDatabase(config, usersModel)
  await database.migrate()
  for (const [index, id] of ids.entries())
    await database.transaction(id, em =>
      sqlRows(em, 'insert into profile (id, bucket, handle, name) values ($1, $2, $3, $4)', [
        id,
        bucketOf(id),
        `user_${index}`,
        `User ${index}`,
      ]),
    )
  const service = await serveSubgraph(
    usersDefinition(database, { ...usersConfig.parse({}), secret }),
    subgraphConfig.parse({ secret, logLevel: 'silent' }),
  )
  let seen = 0
  database.onStatement(() => (seen += 1))
  const representations = ids.map(id => ({ __typename: 'User', id: encodeId('User', id) }))
  return {
    ask: async () => {
      const answer = await askSubgraph(service.url, secret, 'users', {
        query,
        variables: { representations },
      })
      if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors))
      return answer.data
    },
    statements: () => {
      const before = seen
      seen = 0
      return before
    },
    stop: () => service.drain(),
  }
}

const timed = async ({ ask }: Served): Promise<number> => {
  const startedAt = performance.now()
  await ask()
  return performance.now() - startedAt
}

/** `_entities` of 500 users, as the gateway asks for them: on four shards, and on one. */
export const entitiesOverShards = async (quick: boolean): Promise<CaseResult> => {
  const postgres = await startTestPostgres()
  const ids = Array.from({ length: users }, () => randomUUID())
  const served: Served[] = []
  try {
    const one = await serve(postgres, 1, ids)
    served.push(one)
    const four = await serve(postgres, shards, ids)
    served.push(four)
    deepStrictEqual(await four.ask(), await one.ask())
    await interleave(
      3,
      () => timed(one),
      () => timed(four),
    )
    one.statements()
    four.statements()
    const figures = await interleave(
      quick ? 10 : 100,
      () => timed(one),
      () => timed(four),
    )
    const statements = four.statements() / figures.length
    return {
      title: `\`_entities\` of ${users} users`,
      rows: [
        {
          shards: 1,
          statements: one.statements() / figures.length,
          ms: median(figures.map(each => each.one)).toFixed(1),
        },
        { shards, statements, ms: median(figures.map(each => each.other)).toFixed(1) },
      ],
      bars: [
        {
          bar: `_entities of ${users} users over ${shards} shards: statements`,
          value: statements,
          unit: 'statements',
          least: shards,
          aim: shards,
        },
        {
          bar: `_entities of ${users} users over ${shards} shards: time over one shard`,
          value: median(figures.map(({ one: alone, other }) => other / alone)),
          unit: 'x',
          least: 1.5,
          aim: 1.2,
        },
      ],
    }
  } finally {
    for (const each of served) await each.stop()
    await postgres.stop()
  }
}
