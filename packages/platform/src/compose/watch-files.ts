import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { watch } from 'chokidar'

const settleMs = 100

const changedAtMs = (file: string): Promise<number> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )

/**
 * Calls `onChange` when one of the files was changed, made or deleted: once per burst of changes, and never while the
 * call before is at work. It gives back which files to watch from then on.
 * @param sinceMs  when the files were last read, in milliseconds since 1970: what changed before the watch stood counts
 * @returns once the watch stands: stops watching
 */
export const watchFiles = async (
  files: readonly string[],
  sinceMs: number,
  onChange: () => Promise<readonly string[]>,
): Promise<() => Promise<void>> => {
  const watcher = watch([...files], { ignoreInitial: true })
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()
  let ended = false
  const work = async (): Promise<void> => {
    const next = await onChange()
    // To a closed watcher `add` would be a new start, and keep the process alive.
    if (!ended) watcher.add([...next])
  }
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      working = working.then(work)
    }, settleMs)
  }
  watcher.on('all', changed)
  await once(watcher, 'ready')
  if ((await Promise.all(files.map(changedAtMs))).some(atMs => atMs > sinceMs)) changed()
  return async () => {
    ended = true
    clearTimeout(timer)
    await watcher.close()
    await working
  }
}
