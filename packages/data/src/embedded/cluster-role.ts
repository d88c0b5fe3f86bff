import { access, chown, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterVersion } from './cluster.ts'

/**
 * What the files of a server that is down say it is. Names say nothing: after a failover the writer is another one.
 * - `none`: there is no cluster yet
 * - `writer`
 * - `replica`: it follows a writer at its next start
 * - `fenced`: it was a writer whose place a replica took, or was about to take
 */
export type ClusterRole = 'none' | 'writer' | 'replica' | 'fenced'

const signalFile = 'standby.signal'
// Beside PostgreSQL's own folder, so that a new copy of the data does not bring it along.
const fenceFile = 'fenced'

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

export const clusterRole = async (folder: string, data: string): Promise<ClusterRole> => {
  if ((await clusterVersion(data)) === undefined) return 'none'
  if (await exists(join(folder, fenceFile))) return 'fenced'
  return (await exists(join(data, signalFile))) ? 'replica' : 'writer'
}

/** Belongs to whom the folder belongs to: PostgreSQL's user. */
const writeDurably = async (folder: string, name: string, text: string): Promise<void> => {
  const path = join(folder, name)
  await writeFile(path, text, { mode: 0o600, flush: true })
  if (process.getuid?.() === 0) {
    const { uid, gid } = await stat(folder)
    await chown(path, uid, gid)
  }
  // The name of a new file is on disk only when its folder is.
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** The server that starts over this data is a replica. */
export const markReplica = (data: string): Promise<void> => writeDurably(data, signalFile, '')

/** Whatever happens from here on, this data is not written to again: to be done before another becomes the writer. */
export const fence = async (folder: string, data: string): Promise<void> => {
  await writeDurably(folder, fenceFile, `${new Date().toISOString()}\n`)
  await markReplica(data)
}

/** Takes a fence away that nobody else's promotion followed: the data is a writer's again. */
export const unfence = async (folder: string, data: string): Promise<void> => {
  await rm(join(data, signalFile), { force: true })
  await rm(join(folder, fenceFile), { force: true })
}

/** After its data was replaced by a copy. */
export const forgetFence = (folder: string): Promise<void> => rm(join(folder, fenceFile), { force: true })

/** The latest timeline that a cluster knows of: it rises by one with each promotion, and a promoted server writes it. */
export const latestTimeline = async (data: string): Promise<number> => {
  const names = await readdir(join(data, 'pg_wal')).catch(() => [])
  const timelines = names.flatMap(name => (/^[0-9A-F]{8}\.history$/.test(name) ? [parseInt(name, 16)] : []))
  return Math.max(1, ...timelines)
}

/** What tells a cluster from all others, copies aside. Undefined when there is none. */
export const systemIdentifier = async (data: string): Promise<string | undefined> => {
  const bytes = await readFile(join(data, 'global', 'pg_control')).catch(() => undefined)
  // The first field of pg_control, in the byte order of the machine: little on all that we have binaries for.
  return bytes === undefined || bytes.length < 8 ? undefined : String(bytes.readBigUInt64LE(0))
}
