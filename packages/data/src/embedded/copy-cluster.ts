import { chown, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { markReplica } from './cluster-role.ts'
import { copyDataFolder, isGone } from './copy-data-folder.ts'
import type { Placement } from './placement.ts'
import { withClient } from '../with-client.ts'

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
        await copyDataFolder(writer.data, draft, runAs)
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
