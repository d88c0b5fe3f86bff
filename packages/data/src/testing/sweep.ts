import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOwnerGone, stopOrphan } from '../embedded/ownership.ts'

export const folderPrefix = 'marquee-test-pg-'

/** Ends and deletes the test servers of test runs that were killed. */
export const sweepTestServers = async (): Promise<void> => {
  const names = await readdir(tmpdir())
  for (const name of names.filter(entry => entry.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name)
    if (!(await isOwnerGone(folder))) continue
    await stopOrphan(join(folder, 'data')).catch(() => undefined)
    // Another user's is not ours to delete.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}
