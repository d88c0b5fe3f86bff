import type { ShardedDatabase } from '@marquee/data'
import { noteEvent, type AuditNote } from './note-event.ts'

type Warn = Readonly<{ warn: (details: object, message: string) => void }>

/** So many may be under way at a time; further ones are dropped, so that a flood of wrong passwords fills no queue. */
const maxWaiting = 100

/** Events that are noted behind the answer. Who closes the database waits for them with `settled`. */
export const laterNotes = (database: ShardedDatabase) => {
  const waiting = new Set<Promise<unknown>>()
  return Object.freeze({
    note: (event: AuditNote, log: Warn): void => {
      if (waiting.size >= maxWaiting) {
        log.warn({ account: event.accountId, kind: event.kind }, 'an audit event is dropped: too many wait')
        return
      }
      const writing = noteEvent(database, event)
        .catch((err: unknown) => log.warn({ err }, 'an audit event could not be noted'))
        .finally(() => waiting.delete(writing))
      waiting.add(writing)
    },
    settled: async (): Promise<void> => {
      await Promise.all(waiting)
    },
  })
}
