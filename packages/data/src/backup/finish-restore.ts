import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { syncFolder } from './seal-folder.ts'
import { exists, sweepStaging } from './staging.ts'

const journalName = 'restore.json'
const stepsSchema = z.array(z.object({ from: z.string(), to: z.string() })).readonly()

/** What is put where, in this order. What is there is moved aside by an earlier step. */
export type Steps = z.output<typeof stepsSchema>

const take = async (path: string): Promise<void> => {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return
  for (const { from, to } of stepsSchema.parse(JSON.parse(text))) {
    if ((await exists(from)) && !(await exists(to))) await rename(from, to)
  }
  await rm(path)
}

/**
 * Brings a restore to its end that has written down its steps: after that it can be broken off at any point, and goes on
 * from there. What one that was broken off earlier has left is deleted. The folder must be nobody else's.
 * @param shards  where the first server of each shard lives
 */
export const finishRestore = async (folder: string, shards: readonly string[]): Promise<void> => {
  await take(join(folder, journalName))
  for (const shard of shards) await sweepStaging(shard)
}

/** Writes the steps down; from here on the restore is done, whatever becomes of us. */
export const writeSteps = async (folder: string, steps: Steps): Promise<void> => {
  const path = join(folder, journalName)
  await writeFile(`${path}.new`, `${JSON.stringify(steps, undefined, 1)}\n`, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
  await syncFolder(folder)
}
