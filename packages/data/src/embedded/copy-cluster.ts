import { chown, constants, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { markReplica } from './cluster-role.ts'
import type { Placement } from './placement.ts'
import { withClient } from '../with-client.ts'

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

type Owner = Placement['runAs']

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

const atMost = 8

/** Copies the files of a folder, those below too. A file that the server deletes meanwhile is none: WAL knows of it. */
const copyInto = async (from: string, to: string, owner: Owner, top: boolean): Promise<void> => {
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
    } else await copyInto(join(from, entry.name), target, owner, false)
  }
}

const requireNoTablespaces = async (data: string): Promise<void> => {
  if ((await readdir(join(data, 'pg_tblspc'))).length === 0) return
  const reason = 'the writer has tablespaces, which a replica on the same machine would share'
  throw new MarqueeError('POSTGRES_START_FAILED', { reason, log: 'not written' })
}

/**
 * Makes a replica's data from that of a running server: a base backup without `pg_basebackup`. The WAL from its begin
 * on must be held by a slot. Built beside its place and renamed into it, over what was there: an interrupted copy
 * leaves nothing that looks whole.
 * @param writer  address of a database of the server, and its data folder
 */
export const copyCluster = async (
  writer: Readonly<{ url: string; data: string }>,
  placement: Placement,
): Promise<void> => {
  const { data, runAs } = placement
  const draft = `${data}.new`
  const old = `${data}.old`
  await requireNoTablespaces(writer.data)
  await rm(draft, { recursive: true, force: true })
  try {
    // The backup ends with the connection that began it.
    const label = await withClient(
      writer.url,
      async client => {
        await client.query('select pg_backup_start($1, fast => true)', [`marquee ${data}`])
        await copyInto(writer.data, draft, runAs, true)
        const { rows } = await client.query<{ labelfile: string }>(
          'select labelfile from pg_backup_stop(wait_for_archive => false)',
        )
        return rows[0]?.labelfile ?? ''
      },
      0,
    )
    const labelFile = join(draft, 'backup_label')
    await writeFile(labelFile, label, { mode: 0o600, flush: true })
    if (runAs !== null) await chown(labelFile, runAs.uid, runAs.gid)
    await markReplica(draft)
    await rm(old, { recursive: true, force: true })
    await rename(data, old).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
    await rename(draft, data)
  } finally {
    await rm(draft, { recursive: true, force: true })
    await rm(old, { recursive: true, force: true })
  }
}
