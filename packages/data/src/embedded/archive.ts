import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { placeServer } from './placement.ts'
import type { RunAs } from './run-as.ts'
import type { Settings } from './settings.ts'

/** Where the servers of a replica set put their log, piece by piece. */
export type Archive = Readonly<{
  folder: string
  /** Where PostgreSQL's user cannot reach the folder: whether another may be taken, as for data. */
  mayMove: boolean
  /** A piece that is not full is archived after so many seconds. */
  timeoutS: number
}>

const suffix = '.gz'

const inShell = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`
/** In a command that PostgreSQL puts names into. */
const literally = (path: string): string => inShell(path).replaceAll('%', '%%')

/**
 * Programs that every machine has, since PostgreSQL's user need not reach ours. A piece appears under its name whole and
 * on disk or not at all; one that is there already is right only when it is the same.
 * @param server  names the draft: of each server there is one at most, however often it is broken off
 */
export const archiveCommand = (folder: string, server: string): string => {
  const draft = `"$d/%f.${server}.new"`
  const piece = `"$d/%f${suffix}"`
  return [
    `d=${literally(folder)}`,
    `if test -f ${piece}; then gzip -dc ${piece} | cmp -s - "%p"`,
    `else gzip -1c < "%p" > ${draft} && sync ${draft} && mv ${draft} ${piece} && sync "$d"`,
    'fi',
  ].join('; ')
}

/** Gets one piece out of an archive. */
export const unarchiveCommand = (folder: string): string =>
  `gzip -dc < ${inShell(`${folder.replaceAll('%', '%%')}/`)}"%f${suffix}" > "%p"`

/** Folder of one cluster's pieces: another cluster has pieces of the same names. */
export const archiveOf = (folder: string, system: string): string => join(folder, system)

/**
 * Makes the folder for a cluster's log, and the settings that fill it. Replicas archive too: else what the writer had not
 * archived when it died would be missing.
 * @throws FOLDER_UNWRITABLE
 */
export const archiveSettings = async (
  archive: Archive,
  server: string,
  system: string,
  runAs: RunAs,
): Promise<Settings> => {
  const place = await placeServer(archive.folder)
  if (place.relocated && !archive.mayMove) {
    const reason = `PostgreSQL runs as ${runAs?.name ?? 'its user'}, who cannot reach it: let others pass through the folders above it`
    throw new MarqueeError('FOLDER_UNWRITABLE', { folder: archive.folder, reason })
  }
  const folder = archiveOf(place.folder, system)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (runAs !== null) await chown(folder, runAs.uid, runAs.gid)
  return {
    archive_mode: 'always',
    archive_command: archiveCommand(folder, server),
    archive_timeout: `${archive.timeoutS}s`,
    // Ours: the next backup writes down where the log is.
    'marquee.archive': folder,
  }
}

/**
 * Has the archiver take the histories of timelines that began while nothing was archived, as after a restore. Without
 * them a later recovery would stay on the old timeline, or begin another one under the same number.
 */
export const archiveHistories = async (data: string, runAs: RunAs): Promise<void> => {
  const names = await readdir(join(data, 'pg_wal')).catch(() => [])
  const status = join(data, 'pg_wal', 'archive_status')
  const known = new Set(await readdir(status).catch(() => []))
  for (const name of names.filter(entry => /^[0-9A-F]{8}\.history$/.test(entry))) {
    if (known.has(`${name}.ready`) || known.has(`${name}.done`)) continue
    const mark = join(status, `${name}.ready`)
    await writeFile(mark, '', { mode: 0o600 })
    if (runAs !== null) await chown(mark, runAs.uid, runAs.gid)
  }
}

/** Deletes the pieces that no backup needs: those before the oldest one's first. @returns how many */
export const pruneArchive = async (folder: string, firstNeeded: string): Promise<number> => {
  // The first eight digits are the timeline, and say nothing of age.
  const position = (name: string): string => name.slice(8, 24)
  const names = (await readdir(folder).catch(() => [])).filter(
    name => /^[0-9A-F]{24}\D/.test(name) && position(name) < position(firstNeeded),
  )
  for (const name of names) await rm(join(folder, name), { force: true })
  return names.length
}
