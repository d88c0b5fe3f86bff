import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { BackedUpFile } from './manifest.ts'

const chunkBytes = 1 << 20
// Those that are written to disk at the same time share its pauses.
const atMost = 32

/** The sum of a file, and how long it is. With `sync`, the file is on disk from then on. */
export const sumFile = async (path: string, sync: boolean): Promise<Omit<BackedUpFile, 'path'>> => {
  const file = await open(path, sync ? 'r+' : 'r')
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(chunkBytes)
    let bytes = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes)
      if (bytesRead === 0) break
      hash.update(buffer.subarray(0, bytesRead))
      bytes += bytesRead
    }
    if (sync) await file.datasync()
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

/** Makes names in a folder last. Where a folder cannot be opened, the system does it by itself. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

const walk = async (root: string, below: string): Promise<{ folders: string[]; files: string[] }> => {
  const entries = await readdir(join(root, below), { withFileTypes: true })
  const pathOf = (name: string): string => (below === '' ? name : `${below}/${name}`)
  const folders = entries.filter(entry => entry.isDirectory()).map(({ name }) => pathOf(name))
  const files = entries.filter(entry => entry.isFile()).map(({ name }) => pathOf(name))
  for (const folder of folders.slice()) {
    const deeper = await walk(root, folder)
    folders.push(...deeper.folders)
    files.push(...deeper.files)
  }
  return { folders, files }
}

/** Runs `work` on every item, some at a time. */
export const forEach = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const left = [...items]
  const run = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: atMost }, run))
}

const run = promisify(execFile)

/** Writes all of a file system to disk at once, where that can be had: many files one by one take ten times as long. */
const syncFileSystem = async (folder: string): Promise<boolean> => {
  if (process.platform !== 'linux') return false
  // Not every `sync` knows `-f`, as that of BusyBox of old.
  return run('sync', ['-f', folder]).then(
    () => true,
    () => false,
  )
}

/**
 * Brings everything below a folder to disk, with its sums.
 * @returns paths relative to the folder, in order
 */
export const sealFolder = async (
  root: string,
  onBytes: (bytes: number) => void,
): Promise<{ folders: readonly string[]; files: readonly BackedUpFile[] }> => {
  const { folders, files: paths } = await walk(root, '')
  const files: BackedUpFile[] = []
  const isSynced = await syncFileSystem(root)
  await forEach(paths, async path => {
    const sum = await sumFile(join(root, path), !isSynced)
    files.push({ path, ...sum })
    onBytes(sum.bytes)
  })
  if (!isSynced) for (const folder of ['', ...folders]) await syncFolder(join(root, folder))
  return {
    folders: folders.toSorted(),
    files: files.toSorted((one, other) => (one.path < other.path ? -1 : 1)),
  }
}
