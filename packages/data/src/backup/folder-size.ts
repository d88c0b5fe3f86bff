import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes and number of the files below a folder, which may change meanwhile. */
export const folderSize = async (folder: string): Promise<{ bytes: number; files: number }> => {
  const sum = { bytes: 0, files: 0 }
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      const below = await folderSize(path)
      sum.bytes += below.bytes
      sum.files += below.files
    } else if (entry.isFile()) {
      sum.bytes += await stat(path).then(
        ({ size }) => size,
        () => 0,
      )
      sum.files += 1
    }
  }
  return sum
}

/** What may be written where `folder` is. */
export const freeBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** For people. */
export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`
