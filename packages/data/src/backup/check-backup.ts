import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged, readManifest, type Manifest } from './manifest.ts'
import { forEach, sumFile } from './seal-folder.ts'

/** @param major  of the PostgreSQL that is to run it */
const requireVersion = (folder: string, { postgres }: Manifest, major: string): void => {
  const [theirs] = postgres.split('.')
  if (theirs !== major)
    throw damaged(folder, `it is of PostgreSQL ${postgres}, and this is PostgreSQL ${major}`)
}

/**
 * Reads every file of a backup and compares it with what it was when it was made.
 * @throws BACKUP_DAMAGED, also for a backup of another version of PostgreSQL or Marquee
 */
export const checkBackup = async (
  folder: string,
  major: string,
  onBytes: (done: number, total: number) => void = () => undefined,
): Promise<Manifest> => {
  const manifest = await readManifest(folder)
  requireVersion(folder, manifest, major)
  for (const { path, bytes } of manifest.files) {
    const found = await lstat(join(folder, path)).catch(() => undefined)
    if (found === undefined || !found.isFile()) throw damaged(folder, `${path} is missing`)
    if (found.size !== bytes) throw damaged(folder, `${path} has ${found.size} bytes, and had ${bytes}`)
  }
  let done = 0
  await forEach(manifest.files, async ({ path, sha256 }) => {
    const sum = await sumFile(join(folder, path), false)
    if (sum.sha256 !== sha256) throw damaged(folder, `${path} is not what it was`)
    done += sum.bytes
    onBytes(done, manifest.bytes)
  })
  return manifest
}
