import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { snapshotSchema, type Snapshot } from '@marquee/data/doctor'
import { writeAtomically } from '../compose/write-atomically.ts'

const pathOf = (folder: string, database: string): string =>
  join(folder, `${encodeURIComponent(database)}.json`)

/** What the last run kept; null when there is nothing that can be read. */
export const readSnapshot = async (folder: string, database: string): Promise<Snapshot | null> => {
  try {
    return snapshotSchema.parse(JSON.parse(await readFile(pathOf(folder, database), 'utf8')))
  } catch {
    return null
  }
}

/**
 * Keeps a snapshot for the next runs, unless the one that is there is younger than `minutes`: growth shows over time.
 * A folder that cannot be written to costs only that.
 */
export const keepSnapshot = async (
  folder: string,
  database: string,
  snapshot: Snapshot,
  minutes: number,
): Promise<void> => {
  const old = await readSnapshot(folder, database)
  const ageMs = old === null ? Infinity : Date.parse(snapshot.takenAt) - Date.parse(old.takenAt)
  if (ageMs < minutes * 60_000) return
  try {
    await mkdir(folder, { recursive: true })
    await writeAtomically(pathOf(folder, database), `${JSON.stringify(snapshot)}\n`, 0o600)
  } catch {
    // Of somebody else, or full.
  }
}
