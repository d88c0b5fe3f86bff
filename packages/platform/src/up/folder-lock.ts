import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { z } from 'zod'
import { isRunning, startStamp } from './process-stamp.ts'

const holderSchema = z.object({ pid: z.int().positive(), stamp: z.string() })
type Holder = z.output<typeof holderSchema>

export const lockName = 'platform.lock'

const attempts = 50

const parseHolder = (text: string): Holder | undefined => {
  try {
    return holderSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

const readHolder = async (path: string): Promise<Holder | undefined> =>
  parseHolder(await readFile(path, 'utf8').catch(() => ''))

const isAlive = async ({ pid, stamp }: Holder): Promise<boolean> =>
  isRunning(pid) && (await startStamp(pid)) === stamp

/** The process id of the platform that uses a folder; undefined when none does. */
export const holderOf = async (folder: string): Promise<number | undefined> => {
  const holder = await readHolder(join(folder, lockName))
  return holder !== undefined && (await isAlive(holder)) ? holder.pid : undefined
}

const unwritable = (folder: string, error: unknown): MarqueeError =>
  new MarqueeError('FOLDER_UNWRITABLE', { folder, reason: (error as Error).message }, { cause: error })

/** A link appears with its content, all at once, and never over another. @returns false when there is one already */
const linkOnce = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** One that is there, but of a dead process or damaged. What is not there is nobody's to remove. */
const isStale = async (path: string): Promise<boolean> => {
  try {
    const holder = parseHolder(await readFile(path, 'utf8'))
    return holder === undefined || !(await isAlive(holder))
  } catch {
    return false
  }
}

/**
 * Removes the lock of a dead process. Only who holds the second lock may: else, of two starts that saw the stale one,
 * the slower could remove the lock that the faster had just put in its place.
 */
const removeStale = async (path: string, draft: string): Promise<void> => {
  const turn = `${path}.turn`
  if (!(await linkOnce(draft, turn))) {
    if (await isStale(turn)) await rm(turn, { force: true })
    return
  }
  try {
    if (await isStale(path)) await rm(path, { force: true })
  } finally {
    await rm(turn, { force: true })
  }
}

/**
 * Makes this process the only platform of a folder. A lock that a dead process left is taken over.
 * @returns gives the folder back
 * @throws FOLDER_IN_USE, FOLDER_UNWRITABLE
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const path = join(folder, lockName)
  const draft = `${path}.${randomUUID()}`
  const me: Holder = { pid: process.pid, stamp: await startStamp(process.pid) }
  try {
    await writeFile(draft, JSON.stringify(me))
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (await linkOnce(draft, path)) return () => rm(path, { force: true })
      const holder = await readHolder(path)
      if (holder !== undefined && (await isAlive(holder))) {
        throw new MarqueeError('FOLDER_IN_USE', { pid: holder.pid, folder })
      }
      await removeStale(path, draft)
      await delay(attempt)
    }
    throw new MarqueeError('FOLDER_IN_USE', { pid: (await readHolder(path))?.pid ?? 0, folder })
  } catch (error) {
    throw error instanceof MarqueeError ? error : unwritable(folder, error)
  } finally {
    await rm(draft, { force: true }).catch(() => undefined)
  }
}
