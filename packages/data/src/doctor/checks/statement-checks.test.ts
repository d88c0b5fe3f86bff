import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { openPatient, type Patient } from '../../testing/doctor-patient.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/start-test-postgres.ts'
import { openDoctorConnection } from '../connection.ts'
import { takeSnapshot, type Snapshot } from '../snapshot.ts'
import { growingStatements } from './growing-statements.ts'
import { slowStatements } from './slow-statements.ts'

let postgres: TestPostgres
let patient: Patient
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())
afterEach(() => patient.close())
beforeEach(async () => {
  patient = await openPatient(postgres)
})

const snapshot = async (): Promise<Snapshot> => {
  const connection = await openDoctorConnection(patient.url, 'look')
  const taken = await takeSnapshot(connection)
  await connection.close()
  return taken
}

const sleep = (ms: number, tag: string, column = '1'): string =>
  // Names of columns do not tell statements apart for PostgreSQL.
  `select pg_sleep(${ms / 1000}) as ${tag}, ${column} /*field='Query.${tag}',loader='${tag}s'*/`

test('a slow statement is found, mapped to loader and field; a quick one, and one that ran once, are not', async () => {
  await patient.run(sleep(150, 'slow'), sleep(150, 'slow'), 'select 1 as quick', sleep(150, 'once', 'now()'))
  const findings = await patient.find(slowStatements)
  expect(findings).toMatchObject([
    {
      severity: 'critical',
      evidence: expect.stringMatching(
        /^loader slows, field Query.slow: select pg_sleep\(\$1\).*mean \d+\.\d ms/,
      ),
      cost: expect.stringMatching(/^2 calls, \d\d % of all time/),
      codeChange: 'Look at loader slows, field Query.slow.',
    },
  ])
})

test('a statement that takes most of the time is found although it is quick; the doctor itself is not', async () => {
  for (let n = 0; n < 20; n += 1) await patient.run(sleep(6, 'often'), 'select 1 as quick')
  const findings = await patient.find(slowStatements)
  expect(findings).toMatchObject([{ severity: 'warning', evidence: expect.stringContaining('loader often') }])
})

test('without pg_stat_statements the doctor says what it cannot see', async () => {
  await patient.run('drop extension pg_stat_statements')
  expect(await patient.find(slowStatements)).toMatchObject([{ object: 'pg_stat_statements' }])
  expect(await patient.find(growingStatements)).toEqual([])
})

test('a statement that grew since the last snapshot is found; one that did not is not', async () => {
  for (let n = 0; n < 20; n += 1) await patient.run(sleep(2, 'grown'), sleep(40, 'steady', 'now()'))
  const before = await snapshot()
  expect(await patient.find(growingStatements, {}, before)).toEqual([])
  for (let n = 0; n < 20; n += 1) await patient.run(sleep(60, 'grown'), sleep(40, 'steady', 'now()'))
  expect(await patient.find(growingStatements, {}, before)).toMatchObject([
    {
      evidence: expect.stringContaining('loader growns, field Query.grown'),
      cost: expect.stringContaining('times as long'),
    },
  ])
  expect(await patient.find(growingStatements, {}, null)).toEqual([])
  expect(await patient.find(growingStatements, {}, await snapshot())).toEqual([])
})
