import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { ShardConnection } from './shard-connection.ts'

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/

/** Bytes free where a server keeps its data. Null when it is on another machine, or will not say where. */
export const freeSpace = async (shard: ShardConnection): Promise<number | null> => {
  if (!loopback.test(new URL(await shard.url()).hostname)) return null
  try {
    const [row] = await shard.rows<{ folder: string }>(`select current_setting('data_directory') as folder`)
    const folder = row?.folder ?? ''
    // A server in a container has a folder of another file system.
    await stat(join(folder, 'PG_VERSION'))
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}

/** For the WAL that copying makes, which is as long as the rows, and for a start that needs some room. */
const walFactor = 2
const leastBytes = 64 * 2 ** 20

/** Why the rows do not fit, or nothing when they do, or when that cannot be known. */
export const roomProblem = (target: string, bytes: number, freeBytes: number | null): readonly string[] => {
  const wanted = bytes * walFactor + leastBytes
  if (freeBytes === null || freeBytes >= wanted) return []
  const megabytes = (count: number): number => Math.ceil(count / 2 ** 20)
  return [
    `"${target}" has ${megabytes(freeBytes)} MB of its disk free, and the move needs about ${megabytes(wanted)} MB`,
  ]
}
