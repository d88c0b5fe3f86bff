import type { EntityManager } from '@mikro-orm/postgresql'
import { CompiledQuery, type Kysely } from 'kysely'
import { MarqueeError } from '@marquee/contract'
import { withPlainTypes } from './plain-types.ts'

/**
 * Runs one SQL statement where the entity manager stands: in its transaction when it has one, else on a connection
 * of the pool. Pending changes of the entity manager are not flushed first.
 * @param sql     with PostgreSQL's own placeholders, `$1`
 * @param params  arrays become PostgreSQL arrays: `unnest($1::uuid[])`
 * @returns rows as PostgreSQL names them; timestamps as Date, `date` as `YYYY-MM-DD`, bigint as number where that is
 *          exact (else text), numeric as text
 * @throws DATABASE_UNAVAILABLE, DEADLINE_EXCEEDED, or the ORM's exception (UniqueConstraintViolationException, ...)
 */
export const sqlRows = async <Row extends object = Record<string, unknown>>(
  em: EntityManager,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Row[]> => {
  const connection = em.getConnection()
  await connection.ensureConnection()
  const executor = em.getTransactionContext<Kysely<unknown>>() ?? connection.getClient()
  try {
    const result = await executor.executeQuery<Row>(CompiledQuery.raw(sql, withPlainTypes(params)))
    return result.rows
  } catch (error) {
    if (error instanceof MarqueeError) throw error
    throw em.getDriver().convertException(error as Error)
  }
}
