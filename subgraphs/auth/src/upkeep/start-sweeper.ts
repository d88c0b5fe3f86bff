import { sweepReservations, type Log, type ShardedDatabase } from '@marquee/data'
import { emailDirectory } from '../accounts/email-directory.ts'

/**
 * Settles sign-ups that broke off between two shards: every `everyMs`, plus a part of it by chance, so that replicas do
 * not do so together. Keeps no process alive.
 * @returns ends it: what a sweep has in hand is waited for
 */
export const startSweeper = (
  database: ShardedDatabase,
  options: Readonly<{ everyMs: number; log: Log }>,
): (() => Promise<void>) => {
  const { everyMs, log } = options
  let isEnding = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const sweepOnce = async (): Promise<void> => {
    try {
      const emails = await sweepReservations(database, emailDirectory)
      if (emails > 0) log.info({ emails }, 'swept sign-ups that had broken off between shards')
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'a sweep failed; the next one goes on')
    }
  }
  const plan = (): void => {
    timer = setTimeout(
      () => {
        running = sweepOnce().then(() => {
          if (!isEnding) plan()
        })
      },
      everyMs * (1 + Math.random() / 5),
    ).unref()
  }
  plan()
  return () => {
    isEnding = true
    clearTimeout(timer)
    return running
  }
}
