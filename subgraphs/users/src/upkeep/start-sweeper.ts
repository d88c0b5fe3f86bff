import type { Log, ShardedDatabase } from '@marquee/data'
import { sweep, sweepBounds } from './sweep.ts'

/**
 * Sweeps every `everyMs`, plus a part of it by chance, so that replicas do not do so together. Keeps no process alive.
 * @returns ends it: what a sweep has in hand is waited for
 */
export const startSweeper = (
  database: ShardedDatabase,
  options: Readonly<{ everyMs: number; log: Log }>,
): (() => Promise<void>) => {
  const { everyMs, log } = options
  const ending = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const sweepOnce = async (): Promise<void> => {
    try {
      const swept = await sweep(database, sweepBounds, ending.signal)
      if (swept.handles + swept.follows > 0) log.info(swept, 'swept what had broken off between shards')
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'a sweep failed; the next one goes on')
    }
  }
  const plan = (): void => {
    timer = setTimeout(
      () => {
        running = sweepOnce().then(() => {
          if (!ending.signal.aborted) plan()
        })
      },
      everyMs * (1 + Math.random() / 5),
    ).unref()
  }
  plan()
  return () => {
    ending.abort()
    clearTimeout(timer)
    return running
  }
}
