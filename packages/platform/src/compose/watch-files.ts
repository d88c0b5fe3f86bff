import { watch } from 'chokidar'

const settleMs = 100

/**
 * Calls `onChange` when one of the files was changed, made or deleted: once per burst of changes, and never while the
 * call before is at work. It gives back which files to watch from then on.
 * @returns stops watching
 */
export const watchFiles = (
  files: readonly string[],
  onChange: () => Promise<readonly string[]>,
): (() => Promise<void>) => {
  const watcher = watch([...files], { ignoreInitial: true })
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()
  const work = async (): Promise<void> => {
    watcher.add([...(await onChange())])
  }
  watcher.on('all', () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      working = working.then(work)
    }, settleMs)
  })
  return async () => {
    clearTimeout(timer)
    await watcher.close()
    await working
  }
}
