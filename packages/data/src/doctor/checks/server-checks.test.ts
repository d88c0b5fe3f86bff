import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { openPatient, type Patient } from '../../testing/doctor-patient.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/start-test-postgres.ts'
import { connectionPressure } from './connection-pressure.ts'
import { idleTransactions } from './idle-transactions.ts'
import { partitionsAhead } from './partitions-ahead.ts'
import { replicaLag } from './replica-lag.ts'
import { sequencesNearEnd } from './sequences-near-end.ts'

let postgres: TestPostgres
let patient: Patient
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())
beforeEach(async () => {
  patient = await openPatient(postgres)
})
afterEach(() => patient.close())

const connect = async (config: pg.ClientConfig = {}): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: patient.url, ...config })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

test('a transaction that is open and does nothing is found, with its issuer; a busy and a young one are not', async () => {
  const [idle, busy, done] = await Promise.all([
    connect({ application_name: 'sleeper' }),
    connect({ application_name: 'worker' }),
    connect({ application_name: 'done' }),
  ])
  await idle.query('begin')
  await idle.query(`select 'secret' /*field='Mutation.pay',loader='accounts'*/`)
  await done.query('begin; commit')
  const working = busy.query('begin; select pg_sleep(0.6)')
  await new Promise(resolve => setTimeout(resolve, 300))
  const findings = await patient.find(idleTransactions, { idleInTransactionMs: 200 })
  expect(findings).toMatchObject([
    { evidence: expect.stringContaining('sleeper (loader accounts, field Mutation.pay)'), isSafe: false },
  ])
  expect(findings[0]?.evidence).not.toContain('secret')
  expect(await patient.find(idleTransactions)).toEqual([])
  await working
  await Promise.all([idle, busy, done].map(client => client.end()))
})

test('connections that run out are found with who holds them, and are not while there are enough', async () => {
  expect(await patient.find(connectionPressure)).toEqual([])
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect({ application_name: 'hoarder' })))
  const [finding] = await patient.find(connectionPressure, { connectionShare: 0.06 })
  expect(finding).toMatchObject({ severity: 'critical', evidence: expect.stringContaining('hoarder 5') })
  await Promise.all(clients.map(client => client.end()))
})

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

describe('a receiver of the WAL', () => {
  const fill = (): Promise<void> =>
    patient.run(
      'create table if not exists filled (text text)',
      `insert into filled select repeat(md5(n::text), 30) from generate_series(1, 3000) n`,
    )

  test('that is behind is found, and is not within the bound', async () => {
    await patient.run(
      `select pg_create_logical_replication_slot('follower', 'pgoutput')`,
      'create publication everything for all tables',
    )
    // Takes what it is sent, and never says how far it is: as a replica that does not replay.
    const receiver = await connect({
      application_name: 'laggard',
      replication: 'database',
    } as pg.ClientConfig)
    receiver
      .query(
        `START_REPLICATION SLOT follower LOGICAL 0/0 (proto_version '1', publication_names 'everything')`,
      )
      .catch(() => undefined)
    await pause(100)
    await fill()
    await pause(200)
    const findings = await patient.find(replicaLag, { maxLagBytes: 1_000_000 })
    expect(findings).toMatchObject([{ object: 'laggard', severity: 'critical' }])
    expect(await patient.find(replicaLag, { maxLagBytes: 1_000_000_000 })).toEqual([])
    await patient.run(`select pg_terminate_backend(pid) from pg_stat_replication`)
    await pause(200)
    await patient.run(`select pg_drop_replication_slot('follower')`)
  })

  test('that is gone for ever is found by its slot', async () => {
    await patient.run(
      `select pg_create_physical_replication_slot('gone', true)`,
      `select pg_create_physical_replication_slot('unborn')`,
    )
    await fill()
    const [finding, ...others] = await patient.find(replicaLag, { maxLagBytes: 1_000_000 })
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      object: 'slot gone',
      sql: [`select pg_drop_replication_slot('gone')`],
      isSafe: false,
    })
    await patient.run(...finding!.sql!)
    expect(await patient.find(replicaLag, { maxLagBytes: 1_000_000 })).toEqual([])
  })
})

describe('partitions ahead', () => {
  /** Partitions by month, from so many months ago up to so many months ahead. */
  const months = async (table: string, type: string, from: number, to: number): Promise<void> => {
    await patient.run(`create table ${table} (at ${type} not null) partition by range (at)`)
    await patient.run(`do $$ begin for n in ${from}..${to} loop
      execute format('create table %I partition of ${table} for values from (%L) to (%L)', '${table}_' || to_char(date_trunc('month', now()) + make_interval(months => n), 'YYYY_MM'),
        date_trunc('month', now()) + make_interval(months => n), date_trunc('month', now()) + make_interval(months => n + 1));
      end loop; end $$`)
  }

  test('that are missing are found and made; enough of them, integers and hashes are left alone', async () => {
    await months('event', 'timestamptz', -1, 0)
    await months('day_event', 'date', -3, -2)
    await months('enough', 'timestamptz', 0, 2)
    await patient.run(
      'create table week (at timestamp not null) partition by range (at)',
      `create table week_1 partition of week for values from ('2020-01-06') to ('2020-01-13')`,
      'create table numbered (id int) partition by range (id)',
      'create table numbered_1 partition of numbered for values from (0) to (10)',
      'create table hashed (id int) partition by hash (id)',
      'drop table week',
    )
    const findings = await patient.find(partitionsAhead)
    expect(
      findings.map(({ object, severity, sql, isSafe }) => [object, severity, sql?.length, isSafe]),
    ).toEqual([
      ['day_event', 'critical', 4, true],
      ['event', 'warning', 2, true],
    ])
    for (const { sql } of findings) await patient.run(...sql!)
    expect(await patient.find(partitionsAhead)).toEqual([])
    await patient.run(`insert into event values (now() + interval '2 months')`)
  })

  test('go on as wide as the last one; with a default partition, by hand', async () => {
    await patient.run(
      'create table weekly (at timestamp not null) partition by range (at)',
      `do $$ begin execute format('create table weekly_0 partition of weekly for values from (%L) to (%L)',
        date_trunc('week', now()), date_trunc('week', now()) + interval '1 week'); end $$`,
      'create table weekly_rest partition of weekly default',
    )
    const [finding] = await patient.find(partitionsAhead)
    expect(finding).toMatchObject({
      object: 'weekly',
      isSafe: false,
      sql: [expect.anything(), expect.anything()],
    })
    await patient.run(...finding!.sql!)
    expect(await patient.find(partitionsAhead)).toEqual([])
  })
})

test('sequences and integer keys near their end are found; those with room are not', async () => {
  await patient.run(
    'create table worn (id serial primary key)',
    `select setval('worn_id_seq', 2000000000)`,
    'create table fresh (id serial primary key)',
    `select setval('fresh_id_seq', 1000)`,
    'create table wide (id bigserial primary key)',
    `select setval('wide_id_seq', 2000000000)`,
    'create sequence narrow maxvalue 100',
    `select setval('narrow', 75)`,
    'create table by_hand (id smallint primary key)',
    'insert into by_hand values (32000)',
    'create table by_hand_fresh (id smallint primary key)',
    'insert into by_hand_fresh values (3)',
  )
  const findings = await patient.find(sequencesNearEnd)
  expect(findings.map(({ object, severity }) => [object, severity])).toEqual([
    ['worn_id_seq', 'critical'],
    ['narrow', 'warning'],
    ['by_hand.id', 'critical'],
  ])
})
