import { z } from 'zod'
import type { DoctorConnection } from './connection.ts'
import { topStatements } from './statements.ts'

/** What one run saw of the statements, for the next run to compare with. Kept as JSON by whoever runs the doctor. */
export const snapshotSchema = z.object({
  takenAt: z.iso.datetime(),
  statements: z.record(z.string(), z.object({ calls: z.number(), totalMs: z.number() })).readonly(),
})

export type Snapshot = Readonly<z.output<typeof snapshotSchema>>

// More than are looked at: one that was small may grow into the top.
const kept = 500

export const takeSnapshot = async (connection: DoctorConnection): Promise<Snapshot> => {
  const statements = await topStatements(connection, kept)
  return Object.freeze({
    takenAt: new Date().toISOString(),
    statements: Object.fromEntries(
      statements.map(({ id, calls, totalMs }) => [id, Object.freeze({ calls, totalMs })]),
    ),
  })
}
