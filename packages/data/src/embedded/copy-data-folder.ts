import { chown, constants, copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunAs } from './run-as.ts'

// As pg_basebackup leaves them out: what they hold is made anew, or belongs to the other server.
const emptyFolders = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
])
const leftOut = /^(postmaster\.(pid|opts)|standby\.signal|backup_label.*|pg_internal\.init.*|pgsql_tmp.*)$/

export const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

const atMost = 8

const copyInto = async (
  from: string,
  to: string,
  owner: RunAs,
  onFile: () => void,
  top: boolean,
): Promise<void> => {
  await mkdir(to, { mode: 0o700 })
  if (owner !== null) await chown(to, owner.uid, owner.gid)
  const entries = await readdir(from, { withFileTypes: true }).catch((error: unknown) => {
    if (isGone(error)) return []
    throw error
  })
  const files = entries.filter(entry => entry.isFile() && !leftOut.test(entry.name))
  const copyOne = async (): Promise<void> => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      const target = join(to, file.name)
      try {
        await copyFile(join(from, file.name), target, constants.COPYFILE_FICLONE)
        if (owner !== null) await chown(target, owner.uid, owner.gid)
        onFile()
      } catch (error) {
        if (!isGone(error)) throw error
      }
    }
  }
  await Promise.all(Array.from({ length: atMost }, copyOne))
  for (const entry of entries) {
    if (!entry.isDirectory() || leftOut.test(entry.name)) continue
    const target = join(to, entry.name)
    if (top && emptyFolders.has(entry.name)) {
      await mkdir(target, { mode: 0o700 })
      if (owner !== null) await chown(target, owner.uid, owner.gid)
    } else await copyInto(join(from, entry.name), target, owner, onFile, false)
  }
}

/**
 * Copies a server's data folder, between the begin and the end of a base backup: without its WAL, and without what
 * belongs to that server alone. A file that the server deletes meanwhile is none: WAL knows of it.
 * @param owner   whom the copy shall belong to; null: to us
 * @param onFile  called for each file
 */
export const copyDataFolder = (
  from: string,
  to: string,
  owner: RunAs,
  onFile: () => void = () => undefined,
): Promise<void> => copyInto(from, to, owner, onFile, true)
