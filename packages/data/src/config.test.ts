import { expect, test } from '@jest/globals'
import { readSection } from '@marquee/contract'
import { dataConfig } from './config.ts'
import { openDatabase } from './open-database.ts'
import { filmModel } from './testing/film-model.ts'
import { replicaSetsOf } from './topology-config.ts'

test('the defaults', () => {
  expect(readSection('data', dataConfig, {})).toEqual({
    databases: {},
    domains: {},
    pool: { max: 10, idleTimeoutMs: 10_000, acquireTimeoutMs: 3000 },
    migrations: { atStart: true, attempts: 10, bigTableRows: 100_000, lockTimeoutMs: 2000 },
    partitions: { aheadMonths: 3, keepMonths: {} },
    routing: {
      maxLagMs: 1000,
      catchUpMs: 50,
      maxWriterReads: 5,
      resolveMs: 5000,
      holdMs: 5000,
      heartbeatMs: 100,
      heartbeatTimeoutMs: 300,
    },
    shards: { refreshMs: 500, fenceWaitMs: 2000, scatterConcurrency: 8 },
    statementTimeoutMs: 5000,
    lockTimeoutMs: 3000,
    idleInTransactionTimeoutMs: 10_000,
    connectTimeoutMs: 30_000,
    doctor: {
      top: 50,
      slowMs: 100,
      slowShare: 0.5,
      minCalls: 20,
      growth: 2,
      growingMs: 5,
      snapshotMinutes: 60,
      bigTableRows: 10_000,
      minIndexBytes: 1_000_000,
      unusedDays: 7,
      bloat: 2,
      modifiedShare: 0.3,
      idleInTransactionMs: 5000,
      connectionShare: 0.8,
      maxLagMs: 5000,
      maxLagBytes: 67_108_864,
      partitionsAhead: 2,
      sequenceShare: 0.7,
    },
    advisor: { everyMinutes: 0 },
  })
})

test('the environment can hold the topology', () => {
  const env = {
    MARQUEE_DATA_DATABASES: '{"films": {"writer": "postgres://a:b@localhost:5432/films"}}',
    MARQUEE_DATA_POOL_MAX: '3',
  }
  const config = readSection('data', dataConfig, { env })
  expect(config.databases).toEqual({ films: { writer: 'postgres://a:b@localhost:5432/films', readers: [] } })
  expect(config.pool.max).toBe(3)
})

test('what is wrong is named', () => {
  const read = (data: unknown) => () => readSection('data', dataConfig, { data: { data } })
  expect(read({ databases: { films: { writer: 'mysql://x/y' } } })).toThrow(/data\.databases\.films\.writer/)
  expect(read({ pol: {} })).toThrow(/pol/)
  expect(read({ pool: { max: 0 } })).toThrow(/data\.pool\.max/)
})

const one = 'postgres://a:b@localhost:5432/films'

test('a database is one replica set, or shards', () => {
  const databases = {
    films: { writer: one },
    users: { shards: { s1: { writer: one }, 'far-east': { writer: one, readers: [one] } } },
  }
  const config = readSection('data', dataConfig, { data: { data: { databases } } })
  expect(config.databases).toEqual({
    films: { writer: one, readers: [] },
    users: { shards: { s1: { writer: one, readers: [] }, 'far-east': { writer: one, readers: [one] } } },
  })
  // Processes get it as another process has read it.
  const env = { MARQUEE_DATA_DATABASES: JSON.stringify(config.databases) }
  expect(readSection('data', dataConfig, { env }).databases).toEqual(config.databases)
  expect(
    Object.entries(config.databases).flatMap(([name, place]) => replicaSetsOf(name, place)),
  ).toMatchObject([
    { name: 'films', shard: null },
    { name: 'users/s1', shard: 's1', database: 'users' },
    { name: 'users/far-east', readers: [one] },
  ])
})

test.each([
  [{}, 'it needs a `writer`, or `shards`'],
  [{ readers: [one] }, 'it needs a `writer`, or `shards`'],
  [{ writer: one, shards: { s1: { writer: one } } }, 'it must be one of the two'],
  [{ readers: [], shards: { s1: { writer: one } } }, 'it must be one of the two'],
  [{ shards: {} }, 'there must be a shard'],
  [{ shards: { S1: { writer: one } } }, 'small letter'],
  [{ shards: { 's/1': { writer: one } } }, 'small letter'],
  [{ shards: { s1: {} } }, 'data.databases.films.shards.s1.writer'],
  [{ shards: { s1: { writer: 'mysql://x' } } }, 'data.databases.films.shards.s1.writer'],
  [{ shards: { s1: one } }, 'data.databases.films.shards.s1'],
  [{ writer: one, shard: {} }, 'shard'],
])('%j is refused', (films, reason) => {
  const read = () => readSection('data', dataConfig, { data: { data: { databases: { films } } } })
  expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  expect(read).toThrow(reason)
  expect(read).toThrow('data.databases.films')
})

test('a domain that cannot be spread is not opened on shards', async () => {
  const databases = { films: { shards: { s1: { writer: one }, s2: { writer: one } } } }
  await expect(openDatabase(dataConfig.parse({ databases }), filmModel)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('the rows of "films" cannot be spread'),
  })
})
