import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { manifestName, readManifest, type Manifest } from './manifest.ts'

export const backupName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/
/** What a backup is called until it is whole. */
export const draftName = (id: string): string => `.${id}.partial`
const draft = /^\.\d{4}-[\dTZ-]+\.partial$/

export type ListedBackup = Readonly<{ folder: string; id: string }> &
  Readonly<{ manifest: Manifest; problem: null } | { manifest: null; problem: string }>

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => [])

/** The backups in a folder, the oldest first. Their files are not looked at. */
export const listBackups = async (folder: string): Promise<readonly ListedBackup[]> => {
  const ids = (await namesIn(folder)).filter(name => backupName.test(name)).toSorted()
  return Promise.all(
    ids.map(async id => {
      const place = { folder: join(folder, id), id }
      try {
        return { ...place, manifest: await readManifest(place.folder), problem: null }
      } catch (error) {
        const reason = error instanceof MarqueeError ? error.message : String(error)
        return { ...place, manifest: null, problem: reason }
      }
    }),
  )
}

/** Deletes what backups that were broken off have left; none may be under way in this folder. */
export const sweepDrafts = async (folder: string): Promise<void> => {
  for (const name of (await namesIn(folder)).filter(entry => draft.test(entry)))
    await rm(join(folder, name), { recursive: true, force: true })
}

const isOfSame = (one: Manifest, other: Manifest): boolean =>
  one.servers[0]?.system === other.servers[0]?.system

/** Deletes all but the newest `keep` backups of the same databases. @returns their ids */
export const dropOldBackups = async (
  folder: string,
  newest: Manifest,
  keep: number,
): Promise<readonly string[]> => {
  const same = (await listBackups(folder)).filter(
    ({ manifest }) => manifest !== null && isOfSame(manifest, newest),
  )
  const old = same.slice(0, Math.max(0, same.length - keep))
  for (const { folder: place } of old) {
    // Its manifest first: half of a backup must not look whole.
    await rm(join(place, manifestName), { force: true })
    await rm(place, { recursive: true, force: true })
  }
  return old.map(({ id }) => id)
}
