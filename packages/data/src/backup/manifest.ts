import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { z } from 'zod'

export const manifestName = 'manifest.json'
const format = 1

const fileSchema = z.object({ path: z.string(), bytes: z.int().min(0), sha256: z.string().length(64) })

const serverSchema = z.object({
  /** Of its replica set; also the folder in the backup. */
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** From 1 on. */
  shard: z.int().min(1),
  /** PostgreSQL's identifier of the cluster. */
  system: z.string(),
  timeline: z.int(),
  /** From where the log is in the backup, and until where. */
  startLsn: z.string(),
  /** Name of the log file that `startLsn` is in. */
  firstSegment: z.string(),
  endLsn: z.string(),
  /** Where its log was archived when the backup was made. */
  archive: z.string().nullable(),
})

const manifestSchema = z.object({
  format: z.literal(format),
  id: z.string(),
  startedAt: z.iso.datetime(),
  /** What a restore brings back when nothing else is asked for: in all servers what was committed until then. */
  moment: z.iso.datetime(),
  /** Version of PostgreSQL. */
  postgres: z.string(),
  bytes: z.int(),
  servers: z.array(serverSchema).min(1).readonly(),
  /** Files of the platform that belong to the data: of these names in the folder `platform`. */
  kept: z.array(z.string().regex(/^[a-z][a-z.-]*$/)).readonly(),
  /** Folders and files of the backup, relative to it. */
  folders: z.array(z.string()).readonly(),
  files: z.array(fileSchema).readonly(),
})

/** What a backup holds, and by what to tell that it is whole. */
export type Manifest = z.output<typeof manifestSchema>
export type BackedUpFile = z.output<typeof fileSchema>
export type BackedUpServer = z.output<typeof serverSchema>

const sumOf = (manifest: unknown): string =>
  createHash('sha256').update(JSON.stringify(manifest)).digest('hex')

/** Written last: a folder without it is no backup. */
export const writeManifest = (folder: string, manifest: Manifest): Promise<void> =>
  writeFile(
    join(folder, manifestName),
    `${JSON.stringify({ sha256: sumOf(manifest), manifest }, undefined, 1)}\n`,
    { mode: 0o600, flush: true },
  )

export const damaged = (folder: string, reason: string, cause?: unknown): MarqueeError =>
  new MarqueeError('BACKUP_DAMAGED', { folder, reason }, { cause })

/** @throws BACKUP_DAMAGED when it is not there, not as it was written, or of another version of Marquee */
export const readManifest = async (folder: string): Promise<Manifest> => {
  let written: unknown
  try {
    written = JSON.parse(await readFile(join(folder, manifestName), 'utf8'))
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw damaged(folder, isMissing ? `it has no ${manifestName}` : `${manifestName} cannot be read`, error)
  }
  const { sha256, manifest } = written as { sha256?: unknown; manifest?: { format?: unknown } }
  if (manifest === undefined || sha256 !== sumOf(manifest))
    throw damaged(folder, `${manifestName} is not as it was written`)
  if (manifest.format !== format) throw damaged(folder, 'another version of Marquee made it')
  const parsed = manifestSchema.safeParse(manifest)
  if (!parsed.success) throw damaged(folder, `${manifestName} is not what Marquee writes`, parsed.error)
  return Object.freeze(parsed.data)
}
