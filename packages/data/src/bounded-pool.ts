import { createPostgreSqlTypeParsers } from '@mikro-orm/postgresql'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import type { Log } from './log.ts'
import { parseTextArray, plainTypes, wantsPlainTypes } from './plain-types.ts'
import { translateError, type Timeouts } from './translate-error.ts'

/** One SQL statement that ran: literals are replaced by `?`, so that the text may be logged. */
export type Statement = Readonly<{ sql: string; durationMs: number }>

export type PoolSettings = Timeouts &
  Readonly<{
    url: string
    applicationName: string
    max: number
    idleTimeoutMs: number
    acquireTimeoutMs: number
  }>

/** A pool for Kysely's dialect: bounded, measured, and with errors in the words of the catalogue. */
export type BoundedPool = PostgresPool &
  Readonly<{
    /** True when no connection is free and none may be added. */
    isSaturated: () => boolean
    /** One round trip that nobody is told of. */
    ping: () => Promise<void>
    clientOptions: pg.ClientConfig
  }>

const transactionControl = /^\s*(begin|start transaction|commit|rollback|savepoint|release)\b/i
const literals = /\be'(?:''|\\.|[^'\\])*'|'(?:''|[^'])*'/gi

/** How much longer than the server's own timeout we wait for it to say so: a server that hangs never does. */
const graceMs = 1000

// What the ORM expects: dates stay text, since it has parsers of its own.
const ormTypes = (): pg.TypeOverrides => {
  const types = new pg.TypeOverrides()
  for (const [oid, parser] of Object.entries(createPostgreSqlTypeParsers(parseTextArray))) {
    types.setTypeParser(Number(oid), parser)
  }
  return types
}

/**
 * Opens nothing yet: connections are made when they are asked for.
 * @param report  called after each statement, failed ones too, but not for BEGIN, COMMIT and the like; undefined
 *                while nobody listens, which saves the work
 */
export const boundedPool = (
  settings: PoolSettings,
  log: Log,
  report: () => ((statement: Statement) => void) | undefined,
): BoundedPool => {
  const clientOptions: pg.ClientConfig = {
    connectionString: settings.url,
    application_name: settings.applicationName,
    statement_timeout: settings.statementTimeoutMs,
    lock_timeout: settings.lockTimeoutMs,
    idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs,
    keepAlive: true,
  }
  const pool = new pg.Pool({
    ...clientOptions,
    types: ormTypes(),
    min: 0,
    max: settings.max,
    idleTimeoutMillis: settings.idleTimeoutMs,
    connectionTimeoutMillis: settings.acquireTimeoutMs,
  })
  // A connection that the server drops emits `error`; with no listener that would end the process.
  const dropped = (error: Error): void =>
    log.warn({ reason: error.message }, 'a database connection was dropped')
  pool.on('connect', client => client.on('error', dropped))
  pool.on('error', () => undefined)

  const clientTimeoutMs = settings.statementTimeoutMs === 0 ? 0 : settings.statementTimeoutMs + graceMs
  const failed = new WeakSet<pg.PoolClient>()
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>()

  const run = async (client: pg.PoolClient, sql: string, values: readonly unknown[]): Promise<unknown> => {
    const startedAt = performance.now()
    try {
      return await client.query({
        text: sql,
        values: [...values],
        ...(clientTimeoutMs > 0 ? { query_timeout: clientTimeoutMs } : {}),
        ...(wantsPlainTypes(values) ? { types: plainTypes } : {}),
      })
    } catch (error) {
      const translated = translateError(error, settings)
      // An answer may still be on its way to this connection: nobody else may get it.
      if (translated !== error) failed.add(client)
      throw translated
    } finally {
      const listener = report()
      if (listener !== undefined && !transactionControl.test(sql)) {
        listener({ sql: sql.replaceAll(literals, '?'), durationMs: performance.now() - startedAt })
      }
    }
  }

  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const query = (first: unknown, values: readonly unknown[] = []): unknown =>
      typeof first === 'string' ? run(client, first, values) : client.query(first as pg.Submittable)
    return {
      query: query as PostgresPoolClient['query'],
      release: () => client.release(failed.has(client)),
    }
  }

  const acquire = (): Promise<pg.PoolClient> =>
    pool.connect().catch((error: unknown) => {
      throw translateError(error, settings)
    })
  let ending: Promise<void> | undefined
  return {
    options: clientOptions,
    clientOptions,
    isSaturated: () => pool.totalCount >= settings.max && pool.idleCount === 0,
    connect: async () => {
      const client = await acquire()
      const known = wrapped.get(client) ?? wrap(client)
      wrapped.set(client, known)
      return known
    },
    ping: async () => {
      const client = await acquire()
      try {
        await client.query('select 1')
        client.release()
      } catch (error) {
        client.release(true)
        throw translateError(error, settings)
      }
    },
    // The ORM ends its pool only when it has used it, so whoever closes does it again.
    end: () => (ending ??= pool.end()),
  }
}
