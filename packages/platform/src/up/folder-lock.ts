import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { z } from 'zod'
import { isRunning, startStamp } from './process-stamp.ts'

const holderSchema = z.object({ pid: z.int().positive(), stamp: z.string() })
type Holder = z.output<typeof holderSchema>

export const lockName = 'platform.lock'

const readHolder = async (path: string): Promise<Holder | undefined> => {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

const isAlive = async ({ pid, stamp }: Holder): Promise<boolean> =>
  isRunning(pid) && (await startStamp(pid)) === stamp

/** The process id of the platform that uses a folder; undefined when none does. */
export const holderOf = async (folder: string): Promise<number | undefined> => {
  const holder = await readHolder(join(folder, lockName))
  return holder !== undefined && (await isAlive(holder)) ? holder.pid : undefined
}

const unwritable = (folder: string, error: unknown): MarqueeError =>
  new MarqueeError('FOLDER_UNWRITABLE', { folder, reason: (error as Error).message }, { cause: error })

/** Moves the lock of a dead process out of the way, unless another start has just put its own in that place. */
const removeStale = async (path: string): Promise<void> => {
  const aside = `${path}.${process.pid}.stale`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await readHolder(aside)
  if (moved !== undefined && (await isAlive(moved))) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

/**
 * Makes this process the only platform of a folder. A lock that a dead process left is taken over.
 * @returns gives the folder back
 * @throws FOLDER_IN_USE, FOLDER_UNWRITABLE
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const path = join(folder, lockName)
  const draft = `${path}.${process.pid}`
  const me: Holder = { pid: process.pid, stamp: await startStamp(process.pid) }
  try {
    await writeFile(draft, JSON.stringify(me), { mode: 0o644 })
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        // A link appears with its content, all at once, and never over another.
        await link(draft, path)
        return () => rm(path, { force: true })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = await readHolder(path)
      if (holder !== undefined && (await isAlive(holder))) {
        throw new MarqueeError('FOLDER_IN_USE', { pid: holder.pid, folder })
      }
      await removeStale(path)
    }
    throw new MarqueeError('FOLDER_IN_USE', { pid: (await readHolder(path))?.pid ?? 0, folder })
  } catch (error) {
    throw error instanceof MarqueeError ? error : unwritable(folder, error)
  } finally {
    await rm(draft, { force: true }).catch(() => undefined)
  }
}
