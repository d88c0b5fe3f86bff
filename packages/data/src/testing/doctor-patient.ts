import pg from 'pg'
import type { Check, Finding } from '../doctor/check.ts'
import { openDoctorConnection } from '../doctor/connection.ts'
import type { Snapshot } from '../doctor/snapshot.ts'
import { doctorConfig, type Thresholds } from '../doctor/thresholds.ts'
import type { TestPostgres } from './start-test-postgres.ts'

/** A database of its own for a test of the doctor. */
export type Patient = Readonly<{
  url: string
  /** Runs statements as somebody else would. */
  run: (...statements: readonly string[]) => Promise<void>
  /** What a check finds. */
  find: (
    check: Check,
    thresholds?: Partial<Thresholds>,
    before?: Snapshot | null,
  ) => Promise<readonly Finding[]>
  close: () => Promise<void>
}>

let count = 0

export const openPatient = async (postgres: TestPostgres): Promise<Patient> => {
  count += 1
  const name = `patient_${count}`
  await postgres.server.ensureDatabases([name])
  const url = postgres.server.url(name)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const doctor = await openDoctorConnection(url, 'look')
  return Object.freeze({
    url,
    run: async (...statements: readonly string[]) => {
      for (const statement of statements) await client.query(statement)
    },
    find: async (check: Check, thresholds: Partial<Thresholds> = {}, before: Snapshot | null = null) => {
      // What this session counted is told to others with a delay; the look would come before it.
      await client.query('select pg_stat_force_next_flush()')
      return check.run(doctor, { thresholds: doctorConfig.parse(thresholds), before })
    },
    close: async () => {
      await doctor.close()
      await client.end()
    },
  })
}
