import { expect, test } from '@jest/globals'
import { readSection } from '@marquee/contract'
import { dataConfig } from './config.ts'

test('the defaults', () => {
  expect(readSection('data', dataConfig, {})).toEqual({
    databases: {},
    domains: {},
    pool: { max: 10, idleTimeoutMs: 10_000, acquireTimeoutMs: 3000 },
    shards: { fenceWaitMs: 2000, refreshMs: 500, scatterConcurrency: 8 },
    migrations: { atStart: true, attempts: 10, bigTableRows: 100_000, lockTimeoutMs: 2000 },
    partitions: { aheadMonths: 3, keepMonths: {} },
    routing: {
      maxLagMs: 1000,
      catchUpMs: 50,
      maxWriterReads: 5,
      holdMs: 5000,
      heartbeatMs: 100,
      heartbeatTimeoutMs: 300,
    },
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
