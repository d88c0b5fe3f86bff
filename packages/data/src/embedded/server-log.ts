import { open, rename, stat, readFile, type FileHandle } from 'node:fs/promises'

const maxBytes = 5 * 1024 * 1024

/** Opens the log to append to. One that has grown past 5 MB moves aside first, over the one that did so before. */
export const openLog = async (path: string): Promise<FileHandle> => {
  const size = await stat(path).then(
    found => found.size,
    () => 0,
  )
  if (size > maxBytes) await rename(path, `${path}.1`)
  return open(path, 'a', 0o600)
}

/** What a log has gained since it was `from` bytes long: its last lines, without times and process ids. */
export const lastLines = async (path: string, from: number, count: number): Promise<readonly string[]> => {
  const text = await readFile(path).then(
    bytes => bytes.subarray(Math.min(from, bytes.length)).toString('utf8'),
    () => '',
  )
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-count)
    .map(line => line.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] /, ''))
}
