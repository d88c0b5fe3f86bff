import { bucketOf, sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import type { AuditKind } from '../entities/audit-event.ts'

/** An event to be written beside what it tells of. */
export type AuditNote = Readonly<{ accountId: string; kind: AuditKind; requestId: string | null }>

const insert = 'insert into audit_event (account_id, bucket, kind, request_id)'

/**
 * Runs a statement that writes, and notes an event in it: both are there or neither, at no statement more.
 * @param sql     one statement; its rows are the answer. The event is noted once for each row, so with none there is none
 * @param params  of `sql`
 */
export const noting = <Row extends object>(
  em: EntityManager,
  { accountId, kind, requestId }: AuditNote,
  sql: string,
  params: readonly unknown[],
): Promise<Row[]> => {
  const at = params.length
  return sqlRows<Row>(
    em,
    `with written as (${sql}), noted as (
       ${insert} select $${at + 1}::uuid, $${at + 2}::smallint, $${at + 3}, $${at + 4} from written
     ) select * from written`,
    [...params, accountId, bucketOf(accountId), kind, requestId],
  )
}

/** Notes an event that nothing else is written with. */
export const noteEvent = (
  database: ShardedDatabase,
  { accountId, kind, requestId }: AuditNote,
): Promise<unknown> =>
  database.transaction(accountId, em =>
    sqlRows(em, `${insert} values ($1, $2, $3, $4)`, [accountId, bucketOf(accountId), kind, requestId]),
  )
