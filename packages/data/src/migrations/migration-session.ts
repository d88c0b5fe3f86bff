import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import type { DomainModel, MigrationEntry } from '../model.ts'
import { openOrm, type Orm } from '../open-orm.ts'
import { leaveShardSchema } from '../shards/shard-schema.ts'
import { clientConfigOf, type ServerAddress } from '../server-address.ts'
import { isUnreachable } from '../translate-error.ts'

// Any number will do, as long as all processes take the same: "marquee" in ASCII, cut to 31 bits.
const migrationLock = 0x6d617271
const lockPollMs = 100

/** A database that is migrated: what messages call it, and its writer. */
export type MigrationTarget = ServerAddress & Readonly<{ name: string }>

/** One connection for all that a migration does: its lock, its settings and its transaction belong together. */
export type MigrationSession = Readonly<{
  target: MigrationTarget
  client: pg.Client
  orm: Orm
  pid: number
}>

const unavailable = (error: unknown): unknown =>
  error instanceof MarqueeError || !isUnreachable(error)
    ? error
    : new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error })

/** Kysely asks for connections; there is but this one. */
const poolOf = (client: pg.Client, options: pg.ClientConfig): PostgresPool => ({
  options,
  connect: () =>
    Promise.resolve({
      query: ((first: string, values: readonly unknown[] = []) =>
        client.query(first, [...values])) as unknown as PostgresPoolClient['query'],
      release: () => undefined,
    }),
  end: () => Promise.resolve(),
})

/** Does something over a connection without time-outs, and closes it. @throws DATABASE_UNAVAILABLE */
export const withMigrationSession = async <T>(
  target: MigrationTarget,
  model: DomainModel,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> => {
  const options: pg.ClientConfig = {
    ...clientConfigOf(target),
    application_name: `marquee-${model.domain}-migrate`,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 0,
    lock_timeout: 0,
    idle_in_transaction_session_timeout: 0,
    keepAlive: true,
  }
  const client = new pg.Client(options)
  client.on('error', () => undefined)
  const orm = openOrm(poolOf(client, options), model, new URL(target.url).pathname.slice(1))
  try {
    await client.connect()
    // What a killed process was doing ends within a second, and so does its hold on the migration lock.
    await client.query(`set client_connection_check_interval = '1s'`)
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    return await work({ target, client, orm, pid: rows[0]?.pid ?? 0 })
  } catch (error) {
    throw unavailable(error)
  } finally {
    await orm.close(true).catch(() => undefined)
    await client.end().catch(() => undefined)
  }
}

/**
 * Waits until no other process migrates this database. By asking again and again: one that waits inside a statement
 * has a snapshot, which `create index concurrently` of the other one would wait for.
 */
export const takeMigrationLock = async ({ client }: MigrationSession): Promise<void> => {
  for (;;) {
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [
      migrationLock,
    ])
    if (rows[0]?.got === true) break
    await after(lockPollMs)
  }
  // Another process may just have made the schema of shards, and this connection is older.
  await client.query(leaveShardSchema)
}

/**
 * The statements of a migration, as text: what is run is what was looked at.
 * @param context  the transaction, for migrations that ask in `up()`
 */
export const statementsOf = async (
  { orm }: MigrationSession,
  entry: MigrationEntry,
  context?: ReturnType<Orm['em']['getTransactionContext']>,
): Promise<readonly string[]> => {
  const migration = new entry.class(orm.em.getDriver(), orm.config)
  if (context !== undefined) migration.setTransactionContext(context)
  await migration.up()
  return migration.getQueries().map(query => {
    if (typeof query === 'string') return query
    throw new TypeError(`the migration ${entry.name} adds something that is no text of SQL`)
  })
}

/** Whether a migration runs in one transaction. */
export const isTransactional = ({ orm }: MigrationSession, entry: MigrationEntry): boolean =>
  new entry.class(orm.em.getDriver(), orm.config).isTransactional()
