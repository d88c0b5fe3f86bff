import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { backendsIn, commandLine, isRunning, startStamp, stopPostmaster } from './processes.ts'

const ownerFile = 'owner.json'

/** `folder` tells an owner's mark from one that came along with a copied folder. */
type Owner = Readonly<{ pid: number; stamp: string; folder: string }>

const readOwner = async (folder: string): Promise<Owner | undefined> => {
  try {
    const value = JSON.parse(await readFile(join(folder, ownerFile), 'utf8')) as Partial<Owner>
    const { pid, stamp } = value
    if (typeof pid !== 'number' || typeof stamp !== 'string' || value.folder !== folder) return undefined
    return { pid, stamp, folder }
  } catch {
    return undefined
  }
}

const isAlive = async (owner: Owner): Promise<boolean> =>
  (await isRunning(owner.pid)) && (await startStamp(owner.pid)) === owner.stamp

/** The postmaster of a data folder, when one runs; an old postmaster.pid, or one of a copied folder, is none. */
export const runningPostmaster = async (data: string): Promise<number | undefined> => {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const [first = '', dataInFile] = text.split('\n')
  const pid = Number(first)
  if (!Number.isInteger(pid) || pid <= 1 || dataInFile !== data) return undefined
  if (!(await isRunning(pid))) return undefined
  // The id may have gone to another program since.
  const words = await commandLine(pid)
  return /postgres/.test(words) && words.includes(data) ? pid : undefined
}

/**
 * Makes this process the one owner of a server's folder.
 * @throws FOLDER_IN_USE when another process that lives owns it, or this one already runs a server there
 */
export const takeOwnership = async (folder: string, data: string): Promise<void> => {
  const me: Owner = { pid: process.pid, stamp: await startStamp(process.pid), folder }
  const path = join(folder, ownerFile)
  for (;;) {
    try {
      await writeFile(path, `${JSON.stringify(me)}\n`, { flag: 'wx', mode: 0o644 })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new MarqueeError(
          'FOLDER_UNWRITABLE',
          { folder, reason: (error as Error).message },
          { cause: error },
        )
      }
    }
    const owner = await readOwner(folder)
    const isMine = owner?.pid === me.pid && owner.stamp === me.stamp
    if (isMine && (await runningPostmaster(data)) === undefined) return
    if (owner !== undefined && (await isAlive(owner))) {
      throw new MarqueeError('FOLDER_IN_USE', { pid: owner.pid, folder })
    }
    await rm(path, { force: true })
  }
}

/** Whether the process that owned a folder was killed: it left its mark and runs no more. */
export const isOwnerGone = async (folder: string): Promise<boolean> => {
  const owner = await readOwner(folder)
  return owner !== undefined && !(await isAlive(owner))
}

export const giveUpOwnership = (folder: string): Promise<void> => rm(join(folder, ownerFile), { force: true })

/**
 * Stops the server that a killed owner left behind, cleanly. To be called by the owner.
 * @returns its process id, if there was one
 */
export const stopOrphan = async (data: string): Promise<number | undefined> => {
  const pid = await runningPostmaster(data)
  if (pid !== undefined) await stopPostmaster(pid, 15_000)
  return pid
}

/**
 * Deletes a postmaster.pid that PostgreSQL would stop at although no server of this folder runs: its process id now
 * belongs to another program, or it came with a copied folder. Any other stale one PostgreSQL handles itself, and
 * needs: by it the server finds shared memory that old backends still use.
 */
export const dropMisleadingPidFile = async (data: string): Promise<void> => {
  const path = join(data, 'postmaster.pid')
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1 || !(await isRunning(pid))) return
  if ((await runningPostmaster(data)) !== undefined || (await backendsIn(data)).length > 0) return
  await rm(path, { force: true })
}
