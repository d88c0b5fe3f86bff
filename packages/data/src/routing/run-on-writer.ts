import { MarqueeError, type WalPosition } from '@marquee/contract'
import type { PostgresPoolClient } from 'kysely'
import { isServerGone, isUncertain } from '../translate-error.ts'
import { writerTimeline } from './observation.ts'
import type { ReplicaSet } from './replica-set.ts'
import type { RequestScope } from './request-scope.ts'
import { retryElsewhere } from './retry-elsewhere.ts'
import type { Server } from './server.ts'
import { isRead } from './statement-kind.ts'

const position = `select pg_current_wal_insert_lsn()::text as lsn, ${writerTimeline} as timeline`

const run = (client: PostgresPoolClient, sql: string, values: readonly unknown[]): Promise<unknown> =>
  client.query(sql, values)

const positionIn = (results: unknown): WalPosition => {
  const last = (Array.isArray(results) ? results.at(-1) : results) as { rows: readonly WalPosition[] }
  const [found] = last.rows
  if (found === undefined) throw new TypeError('the writer does not say how far its log is')
  return Object.freeze({ ...found })
}

/** A transaction's connection: of the writer, or for one that only reads in a request, of the request's readers. */
export const beginOn = async (
  set: ReplicaSet,
  sql: string,
  scope: RequestScope | undefined,
): Promise<PostgresPoolClient> => {
  const toReader = scope?.readsFromReaders(set.database) === true
  return retryElsewhere(
    set,
    () => (toReader ? set.reader(scope) : set.writerSoon()),
    async server => {
      const client = await (toReader ? server.reads : server.writes).connect()
      try {
        await run(client, sql, [])
        return client
      } catch (error) {
        client.release()
        throw error
      }
    },
  )
}

/**
 * Commits, and in the same round trip asks for the position that shows the commit.
 * @throws WRITE_UNCERTAIN when the writer goes away over it
 */
export const commit = async (
  client: PostgresPoolClient,
  database: string,
  scope: RequestScope | undefined,
): Promise<void> => {
  try {
    if (scope === undefined) await run(client, 'commit', [])
    else scope.noteWrite(database, positionIn(await run(client, `commit; ${position}`, [])))
  } catch (error) {
    throw isUncertain(error) ? new MarqueeError('WRITE_UNCERTAIN', {}, { cause: error }) : error
  }
}

/** Runs one statement by itself on the writer. One that changes something is never sent twice. */
export const runOnWriter = async (
  set: ReplicaSet,
  scope: RequestScope | undefined,
  sql: string,
  values: readonly unknown[],
): Promise<unknown> => {
  const mayRepeat = isRead(sql)
  let failure: Readonly<{ error: unknown }> | undefined
  const attempt = async (server: Server): Promise<unknown> => {
    const client = await server.writes.connect()
    try {
      const result = await run(client, sql, values)
      if (scope !== undefined && !mayRepeat)
        scope.noteWrite(set.database, positionIn(await run(client, position, [])))
      return result
    } catch (error) {
      if (mayRepeat || !isServerGone(error)) throw error
      failure = { error }
      return undefined
    } finally {
      client.release()
    }
  }
  const result = await retryElsewhere(set, () => set.writerSoon(), attempt)
  if (failure !== undefined) throw failure.error
  return result
}
