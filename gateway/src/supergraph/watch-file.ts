import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Several events come of one write; a writer that is not atomic needs a moment to finish. */
const settleMs = 100

/**
 * Calls `onChange` when a file may have changed, however it was written: in place, by renaming another onto it, or
 * by moving the symbolic link it hangs on. The folder is watched, since a watch of the file would stay on the old
 * inode; and it is called every `pollMs`, since network file systems tell nothing.
 * @returns a function that ends it
 */
export const watchFile = (file: string, pollMs: number, onChange: () => void): (() => void) => {
  let settling: NodeJS.Timeout | undefined
  const soon = (): void => {
    clearTimeout(settling)
    settling = setTimeout(onChange, settleMs)
  }
  let watcher: FSWatcher | undefined
  try {
    const isOurs = (name: string | null): boolean =>
      name === null || name === basename(file) || name.startsWith('..')
    watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
      if (isOurs(name)) soon()
    })
    watcher.on('error', () => watcher?.close())
  } catch {
    // No watches left, or no such folder: the poll finds the change.
  }
  const poll = setInterval(onChange, pollMs)
  poll.unref()
  return () => {
    clearTimeout(settling)
    clearInterval(poll)
    watcher?.close()
  }
}
