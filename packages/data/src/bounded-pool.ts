import { MarqueeError } from '@marquee/contract'
import { createPostgreSqlTypeParsers } from '@mikro-orm/postgresql'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import type { Log } from './log.ts'
import { parseTextArray, plainTypes, wantsPlainTypes } from './plain-types.ts'
import { currentTags, tagged, type StatementTags } from './statement-tags.ts'
import { clientConfigOf, type ServerAddress } from './server-address.ts'
import { isUnreachable, translateError, type Timeouts } from './translate-error.ts'

/** One SQL statement that ran: literals are replaced by `?`, so that the text may be logged. `tags`: who caused it. */
export type Statement = Readonly<{ sql: string; durationMs: number; tags: StatementTags }>

export type PoolSettings = Timeouts &
  ServerAddress &
  Readonly<{
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
    /** How many connections are in use. */
    busy: () => number
    /** Breaks every connection: whoever waits for an answer gets DATABASE_UNAVAILABLE with this reason. */
    drop: (reason: string) => void
    /** One round trip that nobody is told of. */
    ping: () => Promise<void>
    /** One statement of our own that no listener is told of, for at most a second. */
    ask: <Row extends object>(sql: string) => Promise<Row[]>
    clientOptions: pg.ClientConfig
  }>

const transactionControl = /^\s*(begin|start transaction|commit|rollback|savepoint|release)\b/i
const begin = /^(begin|start transaction)\b/i
const rollback = /^rollback\b/i
const nothing = Object.freeze({ command: 'ROLLBACK', rowCount: 0, rows: [] })
const literals = /\be'(?:''|\\.|[^'\\])*'|'(?:''|[^'])*'/gi

/** How much longer than the server's own timeout we wait for it to say so: a server that hangs never does. */
const graceMs = 1000

const notSent = (cause: Error): Error =>
  new Error(`Client was closed before the statement was sent: ${cause.message}`, { cause })

const askOptions = { query_timeout: 1000, types: plainTypes }

// What the ORM expects: dates stay text, since it has parsers of its own.
const ormTypes = (): pg.TypeOverrides => {
  const types = new pg.TypeOverrides()
  for (const [oid, parser] of Object.entries(
    createPostgreSqlTypeParsers(text => parseTextArray(text) as string[]),
  )) {
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
    ...clientConfigOf(settings),
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
  // A connection that the server drops emits `error`; with no listener that would end the process. What it says
  // then (an idle transaction timed out, say) is the reason of whatever fails on it next.
  const losses = new WeakMap<pg.PoolClient, Error>()
  const clients = new Set<pg.PoolClient>()
  pool.on('remove', client => clients.delete(client))
  pool.on('connect', client => {
    clients.add(client)
    client.on('error', error => {
      // The reason comes first, the end of the socket after it.
      if (losses.has(client)) return
      losses.set(client, error)
      log.warn({ reason: error.message }, 'a database connection was dropped')
    })
  })
  pool.on('error', () => undefined)

  const clientTimeoutMs = settings.statementTimeoutMs === 0 ? 0 : settings.statementTimeoutMs + graceMs

  const run = async (client: pg.PoolClient, sql: string, values: readonly unknown[]): Promise<unknown> => {
    const startedAt = performance.now()
    try {
      return await client.query({
        text: tagged(sql),
        values: [...values],
        ...(clientTimeoutMs > 0 ? { query_timeout: clientTimeoutMs } : {}),
        ...(wantsPlainTypes(values) ? { types: plainTypes } : {}),
      })
    } finally {
      const listener = report()
      if (listener !== undefined && !transactionControl.test(sql)) {
        const durationMs = performance.now() - startedAt
        listener({ sql: sql.replaceAll(literals, '?'), durationMs, tags: currentTags() })
      }
    }
  }

  /** One connection from here until it is released. */
  const borrowed = (client: pg.PoolClient): PostgresPoolClient => {
    let isReleased = false
    const release = (destroy: boolean): void => {
      if (isReleased) return
      isReleased = true
      client.release(destroy)
    }
    const query = async (sql: string, values: readonly unknown[]): Promise<unknown> => {
      // The server has rolled back what was lost. Kysely 0.29 keeps a connection whose ROLLBACK or BEGIN fails, and
      // the pool would be one smaller for ever: so neither may fail here, or it is released at once.
      if (isReleased && rollback.test(sql)) return nothing
      if (isReleased) throw new MarqueeError('DATABASE_UNAVAILABLE')
      const wasLost = losses.get(client)
      try {
        return await run(client, sql, values)
      } catch (error) {
        const reason = losses.get(client) ?? error
        const isRollback = rollback.test(sql)
        // After a time-out of ours the answer may still be on its way: nobody else may get this connection.
        if (isRollback || begin.test(sql) || isUnreachable(error)) release(true)
        if (isRollback) return nothing
        throw translateError(
          wasLost !== undefined && isUnreachable(wasLost) ? notSent(wasLost) : reason,
          settings,
        )
      }
    }
    return {
      query: ((first: string | pg.Submittable, values?: readonly unknown[]) =>
        typeof first === 'string'
          ? query(first, values ?? [])
          : client.query(first)) as PostgresPoolClient['query'],
      release: () => release(false),
    }
  }

  // Those who wait for a connection: one to a server that hangs would be waited for to the time-out.
  const waiting = new Set<(error: Error) => void>()
  const acquire = (): Promise<pg.PoolClient> =>
    new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        waiting.delete(fail)
        reject(translateError(error, settings))
      }
      waiting.add(fail)
      pool.connect().then(client => {
        if (waiting.delete(fail)) resolve(client)
        else client.release()
      }, fail)
    })
  const ask = async <Row extends object>(sql: string): Promise<Row[]> => {
    const client = await acquire()
    try {
      const { rows } = await client.query<Row>({ text: sql, ...askOptions })
      client.release()
      return rows
    } catch (error) {
      client.release(isUnreachable(error))
      throw translateError(error, settings)
    }
  }
  let ending: Promise<void> | undefined
  return {
    options: clientOptions,
    clientOptions,
    busy: () => pool.totalCount - pool.idleCount,
    drop: reason => {
      const error = new Error(`Connection terminated: ${reason}`)
      for (const fail of waiting) fail(error)
      for (const client of clients) {
        losses.set(client, error)
        ;(
          client as unknown as { connection: { stream: { destroy: () => void } } }
        ).connection.stream.destroy()
      }
    },
    isSaturated: () => pool.totalCount >= settings.max && pool.idleCount === 0,
    connect: async () => borrowed(await acquire()),
    ping: async () => {
      await ask('select 1')
    },
    ask,
    // The ORM ends its pool only when it has used it, so whoever closes does it again.
    end: () => (ending ??= pool.end()),
  }
}
