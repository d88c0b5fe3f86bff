import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import pg from 'pg'
import { openPatient, type Patient } from '../testing/doctor-patient.ts'
import { startTestPostgres, type TestPostgres } from '../testing/start-test-postgres.ts'
import { applyFindings } from './apply.ts'
import type { Finding } from './check.ts'
import { openDoctorConnection, type DoctorConnection } from './connection.ts'
import { runDoctor } from './run-doctor.ts'
import { doctorConfig } from './thresholds.ts'

let postgres: TestPostgres
let patient: Patient
let connection: DoctorConnection
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())
beforeEach(async () => {
  patient = await openPatient(postgres)
  connection = await openDoctorConnection(patient.url, 'mend')
  await patient.run(
    'create table big (id int primary key, owner int not null) with (autovacuum_enabled = off)',
    'insert into big select n, n % 5000 from generate_series(1, 20000) n',
    'select pg_stat_force_next_flush()',
    'analyze',
    // How long the above took is of no interest.
    'select pg_stat_statements_reset()',
  )
})
afterEach(async () => {
  await connection.close()
  await patient.close()
})

const look = async (): Promise<readonly Finding[]> => {
  const doctor = await openDoctorConnection(patient.url, 'look')
  try {
    return await runDoctor(doctor, {
      thresholds: doctorConfig.parse({ slowMs: 60_000, slowShare: 1 }),
      before: null,
    })
  } finally {
    await doctor.close()
  }
}

const finding = (...sql: string[]): Finding => ({
  check: 'missing-index',
  severity: 'critical',
  object: 'big',
  evidence: '',
  cost: '',
  sql,
  isSafe: true,
})

test('a dropped index is found and mended, and then all is well', async () => {
  await patient.run('create index by_owner on big (owner)', 'select * from big where owner = 5')
  expect(await look()).toEqual([])
  await patient.run('drop index by_owner')
  const findings = await look()
  expect(findings).toMatchObject([{ check: 'missing-index', isSafe: true }])
  const run: string[] = []
  const applied = await applyFindings(connection, findings, { onStatement: sql => run.push(sql) })
  expect(applied).toMatchObject([{ ok: true }])
  expect(run).toEqual(['create index concurrently big_owner_idx on big (owner)'])
  expect(await look()).toEqual([])
  // Again: it is there, so there is nothing to do.
  expect(await applyFindings(connection, findings)).toMatchObject([{ ok: true }])
})

test('what is not safe is not run', async () => {
  await patient.run('create index spare on big (owner)')
  const drop = { ...finding('drop index spare'), isSafe: false }
  expect(await applyFindings(connection, [drop])).toEqual([])
  await patient.run('drop index spare')
})

test('a lock that is held is waited for, and what a failed attempt left behind goes', async () => {
  const impatient = await openDoctorConnection(patient.url, 'mend')
  await impatient.rows('set lock_timeout = 200')
  const holder = new pg.Client({ connectionString: patient.url })
  await holder.connect()
  await holder.query('begin')
  await holder.query('update big set owner = 1 where id = 1')
  const applying = applyFindings(impatient, [finding('create index concurrently "Late" on big (owner)')], {
    pauseMs: 100,
  })
  await new Promise(resolve => setTimeout(resolve, 500))
  await holder.query('commit')
  expect(await applying).toMatchObject([{ ok: true }])
  await Promise.all([holder.end(), impatient.close()])
  expect(await look()).toEqual([])
})

test('an attempt that never gets its lock says so and takes nothing from the next; a leftover is replaced', async () => {
  const impatient = await openDoctorConnection(patient.url, 'mend')
  await impatient.rows('set lock_timeout = 100')
  const holder = new pg.Client({ connectionString: patient.url })
  await holder.connect()
  await holder.query('begin')
  await holder.query('update big set owner = 1 where id = 1')
  const findings = [finding('create index concurrently late on big (owner)'), finding('analyze big')]
  const applied = await applyFindings(impatient, findings, { attempts: 2, pauseMs: 50 })
  expect(applied).toMatchObject([
    { ok: false, detail: expect.stringContaining('lock timeout') },
    { ok: true },
  ])
  await holder.query('commit')
  expect(await look()).toMatchObject([{ check: 'invalid-index', object: 'late' }])
  expect(await applyFindings(impatient, findings)).toMatchObject([{ ok: true }, { ok: true }])
  expect(await look()).toEqual([])
  await Promise.all([holder.end(), impatient.close()])
})
