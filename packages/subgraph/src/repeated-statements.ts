import type { Logger } from 'pino'
import type { RunStatement } from './definition.ts'
import type { Metrics } from './metrics.ts'
import { currentRecord } from './request-record.ts'

/**
 * Watches for the N+1 problem: a field that runs the same statement for each row of a list, where a loader would run it
 * once for all. Counted for each request and field; said in the log once for each field, with the statement. A field of
 * a root type stands in no list: it is the client who asks for it more than once, by aliases.
 * @param limit  how many equal statements of one field in one request are too many; 0 watches nothing
 */
export const repeatedStatements = (
  limit: number,
  rootTypes: ReadonlySet<string>,
  log: Logger,
  metrics: Pick<Metrics, 'statementRepeated'>,
): ((statement: RunStatement) => void) => {
  const told = new Set<string>()
  if (limit === 0) return () => undefined
  return ({ sql, tags }) => {
    const record = currentRecord.getStore()
    const field = tags?.field
    if (record === undefined || field === undefined || rootTypes.has(field.split('.', 1)[0] ?? '')) return
    const counts = (record.statements ??= new Map<string, number>())
    const key = `${field} ${sql}`
    const times = (counts.get(key) ?? 0) + 1
    counts.set(key, times)
    if (times !== limit) return
    metrics.statementRepeated(field)
    if (told.has(field)) return
    told.add(field)
    log.warn(
      { field, loader: tags?.loader, sql, times, requestId: record.requestId },
      `${field} runs the same statement again and again: let a loader ask for all rows at once`,
    )
  }
}
