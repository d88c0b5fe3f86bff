import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { isGone } from '../embedded/copy-data-folder.ts'
import { folderSize, freeBytes, megabytes } from './folder-size.ts'
import { draftName, dropOldBackups, sweepDrafts } from './list-backups.ts'
import { writeManifest, type BackedUpServer, type Manifest } from './manifest.ts'
import { sealFolder, syncFolder } from './seal-folder.ts'
import { ServerBackup, type BackupSource } from './server-backup.ts'

export type BackupProgress = Readonly<{ step: 'copying' | 'checking'; done: number; total: number }>

export type BackupOptions = Readonly<{
  /** The writer of each shard. */
  servers: readonly BackupSource[]
  /** Folder that the backups are in. No other backup may be under way in it. */
  into: string
  /** Files that belong to the data; those that are not there are left out. */
  kept: readonly string[]
  /** How many backups of these databases there are to be in the end. */
  keep: number
  onProgress?: (progress: BackupProgress) => void
  signal?: AbortSignal
}>

export type BackupResult = Readonly<{ folder: string; manifest: Manifest; dropped: readonly string[] }>

/** The log of the time that a backup takes comes on top. */
const logBytes = 128e6

const requireSpace = async (into: string, wanted: number): Promise<void> => {
  const free = await freeBytes(into)
  if (wanted > free) throw new Error(`it needs ${megabytes(wanted)}, and ${into} has ${megabytes(free)} left`)
}

const copyKept = async (paths: readonly string[], to: string): Promise<readonly string[]> => {
  await mkdir(to, { mode: 0o700 })
  const names: string[] = []
  for (const path of paths) {
    try {
      await copyFile(path, join(to, basename(path)))
      names.push(basename(path))
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return names
}

const copyServers = async (
  { servers, into, onProgress, signal }: BackupOptions,
  draft: string,
): Promise<{ moment: string; version: string; backedUp: readonly BackedUpServer[] }> => {
  const begun: ServerBackup[] = []
  try {
    for (const server of servers) begun.push(await ServerBackup.begin(server))
    const sizes = await Promise.all(begun.map(({ data }) => folderSize(data)))
    const total = sizes.reduce((sum, { files }) => sum + files, 0)
    await requireSpace(
      into,
      sizes.reduce((sum, { bytes }) => sum + bytes + logBytes, 0),
    )
    let done = 0
    const dataOf = ({ source }: ServerBackup): string => join(draft, source.name, 'data')
    for (const server of begun) {
      await mkdir(join(draft, server.source.name), { mode: 0o700 })
      const { password } = new URL(server.source.url)
      await writeFile(join(draft, server.source.name, 'password'), decodeURIComponent(password), {
        mode: 0o600,
      })
      await server.copyData(dataOf(server), () => {
        signal?.throwIfAborted()
        done += 1
        onProgress?.({ step: 'copying', done: Math.min(done, total), total })
      })
    }
    for (const server of begun) await server.stop(dataOf(server))
    // All are whole now: from here on they can be brought to one and the same moment.
    const moment = (await begun[0]?.now()) ?? ''
    const backedUp: BackedUpServer[] = []
    for (const server of begun) backedUp.push(await server.copyLog(dataOf(server)))
    return { moment, version: begun[0]?.version ?? '', backedUp }
  } finally {
    for (const server of begun) server.close()
  }
}

/** Makes the backup in a folder that is none as long as it is not finished. */
const fill = async (options: BackupOptions, id: string, draft: string): Promise<Manifest> => {
  const startedAt = new Date().toISOString()
  const kept = await copyKept(options.kept, join(draft, 'platform'))
  const { moment, version, backedUp } = await copyServers(options, draft)
  const { bytes: total } = await folderSize(draft)
  let done = 0
  const sealed = await sealFolder(draft, bytes => {
    options.signal?.throwIfAborted()
    done += bytes
    options.onProgress?.({ step: 'checking', done, total })
  })
  const manifest: Manifest = {
    format: 1,
    id,
    startedAt,
    moment,
    postgres: version,
    bytes: total,
    servers: backedUp,
    kept,
    ...sealed,
  }
  await writeManifest(draft, manifest)
  await syncFolder(draft)
  return manifest
}

/**
 * Backs up running servers of this machine, while they are written to: of each a base backup with the log that makes it
 * whole. Made beside its place and renamed into it once it is on disk, so that a broken off one leaves nothing that
 * looks like a backup. Then the oldest go.
 * @throws BACKUP_FAILED
 */
export const backUp = async (options: BackupOptions): Promise<BackupResult> => {
  const { into, keep } = options
  const id = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const draft = join(into, draftName(id))
  const folder = join(into, id)
  try {
    await mkdir(into, { recursive: true, mode: 0o700 })
    await sweepDrafts(into)
    await mkdir(draft, { mode: 0o700 })
    const manifest = await fill(options, id, draft)
    await rename(draft, folder)
    await syncFolder(into)
    // The new one is made, whether or not an old one can be deleted.
    const dropped = await dropOldBackups(into, manifest, keep).catch(() => [])
    return { folder, manifest, dropped }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error instanceof MarqueeError
      ? error
      : new MarqueeError('BACKUP_FAILED', { reason: (error as Error).message }, { cause: error })
  }
}
