import { lockModes, type LockMode, type LookedStatement, type Touch } from './look-at-statements.ts'

/** Why a migration is refused. */
export type Risk = Readonly<{
  table: string
  /** About how many rows are read or written meanwhile. */
  rows: number
  lock: LockMode
  /** For people: what would happen. */
  reason: string
  /** For people: what to do instead. */
  instead: string
  sql: string
}>

const blocksWrites = (lock: LockMode | null): lock is LockMode =>
  lock !== null && lockModes.indexOf(lock) >= lockModes.indexOf('SHARE')

const whoWaits = (lock: LockMode): string =>
  lock === 'ACCESS EXCLUSIVE' ? 'nobody reads or writes it meanwhile' : 'nobody writes it meanwhile'

const about = (rows: number): string => `about ${rows.toLocaleString('en')} rows`

const insteadOf = (work: Touch, held: Touch): string => {
  if (work.rewrites)
    return 'Expand and contract: add a new column beside the old one, fill it in batches, let the code use it, then drop the old one'
  if (held.wasHeld)
    return 'Give the statement a migration of its own: the lock of an earlier one is held until the transaction ends'
  if (held.lock === 'SHARE')
    return 'Use `create index concurrently`, in a migration whose `isTransactional()` is false'
  if (held.lock === 'SHARE ROW EXCLUSIVE')
    return 'Add the constraint `not valid`, and `validate constraint` in a later migration'
  return 'Add a check `not valid` and `validate constraint` in a later migration: after that `set not null` reads nothing, and a unique index that was made concurrently can be turned into a key with `using index`'
}

/**
 * What is dangerous about a migration: a big table is rewritten, or read to the end, while a lock is held for which reads
 * or writes wait. A lock alone is none: it is short, and waited for in bounds.
 * @param statements  of one transaction; those of a migration without one are judged one by one
 */
export const judgeStatements = (
  statements: readonly LookedStatement[],
  rowsOf: (table: string) => number,
  bigTableRows: number,
): readonly Risk[] => {
  const risks = statements.flatMap(({ sql, touches }): readonly Risk[] =>
    touches
      .filter(({ table, rewrites, scans }) => (rewrites || scans) && rowsOf(table) >= bigTableRows)
      .flatMap(work => {
        const held = touches.filter(({ lock }) => blocksWrites(lock))
        return held.flatMap(touch => {
          const { table, lock } = touch
          if (!blocksWrites(lock) || (work.rewrites && table !== work.table)) return []
          const rows = rowsOf(work.table)
          const does = work.rewrites
            ? `it rewrites ${work.table} (${about(rows)})`
            : `it reads all of ${work.table} (${about(rows)})`
          const reason = `${does} under ${lock} on ${table}: ${whoWaits(lock)}`
          return [{ table, rows, lock, reason, instead: insteadOf(work, touch), sql }]
        })
      }),
  )
  // The same table under the same lock is told once.
  return [
    ...new Map(risks.toReversed().map(risk => [`${risk.table} ${risk.reason}`, risk])).values(),
  ].toReversed()
}
