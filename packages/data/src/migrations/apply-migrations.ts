import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import type pg from 'pg'
import type { DataConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { MigrationEntry } from '../model.ts'
import { isUnreachable } from '../translate-error.ts'
import { printBlocker, watchBlockers, type Blocker, type BlockerWatch } from './blockers.ts'
import { runRepeatable } from './concurrent-index.ts'
import { appliedMigrations } from './pending-migrations.ts'
import { isTransactional, statementsOf, type MigrationSession } from './migration-session.ts'

const createTable = `create table if not exists migrations (
  name text primary key,
  applied_at timestamptz not null default now()
)`
const remember = 'insert into migrations (name) values ($1)'

const firstPauseMs = 250
const longestPauseMs = 5000

// SQLSTATE: lock_not_available, deadlock_detected. Others hold what we want; they will let go.
const passing = new Set(['55P03', '40P01'])

export type ApplySettings = Pick<DataConfig['migrations'], 'lockTimeoutMs' | 'attempts'>

/** A session whose database lacks the migration, and who blocks it. */
type Watched = Readonly<{ session: MigrationSession; watch: BlockerWatch }>

/** What went wrong on one of the databases. */
class Failure extends Error {
  readonly at: Watched
  constructor(at: Watched, cause: unknown) {
    super((cause as Error).message, { cause })
    this.at = at
  }
  get isLocked(): boolean {
    const { code } = this.cause as { code?: unknown }
    return typeof code === 'string' && passing.has(code)
  }
}

const failing = async <T>(at: Watched, work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw new Failure(at, error)
  }
}

/** Of several that run at once: waits for all, then throws what the first that failed has thrown. */
const allOf = async (works: readonly Promise<unknown>[]): Promise<void> => {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected')
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
}

type Open = Readonly<{ commit: () => Promise<void>; rollback: () => Promise<void> }>

/** Runs a migration in a transaction that is left open. */
const runOpen = async (
  { session }: Watched,
  entry: MigrationEntry,
  { lockTimeoutMs }: ApplySettings,
): Promise<Open> => {
  const em = session.orm.em.fork()
  await em.begin()
  const rollback = (): Promise<void> => em.rollback().catch(() => undefined)
  try {
    await session.client.query(`set local lock_timeout = ${lockTimeoutMs}`)
    const context = em.getTransactionContext()
    for (const sql of await statementsOf(session, entry, context)) {
      await em.getDriver().execute(sql, [], 'run', context)
    }
    await session.client.query(remember, [entry.name])
  } catch (error) {
    await rollback()
    throw error
  }
  return { commit: () => em.commit(), rollback }
}

/** In one transaction on each database; none commits before all can. */
const runTogether = async (
  places: readonly Watched[],
  entry: MigrationEntry,
  settings: ApplySettings,
): Promise<void> => {
  const open: (Open & { place: Watched })[] = []
  try {
    await allOf(
      places.map(async place => {
        open.push({ place, ...(await failing(place, runOpen(place, entry, settings))) })
      }),
    )
  } catch (error) {
    for (const { rollback } of open) await rollback()
    throw error
  }
  for (const { place, commit } of open) await failing(place, commit())
}

/**
 * Each statement by itself. One that builds an index concurrently may wait: it keeps nobody waiting behind it, and a
 * building that is broken off has to begin anew.
 */
const runAlone = async (
  { session }: Watched,
  entry: MigrationEntry,
  { lockTimeoutMs }: ApplySettings,
): Promise<void> => {
  const { client } = session
  const rows = async <Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> =>
    (await client.query<Row & pg.QueryResultRow>(sql, [...params])).rows
  try {
    for (const sql of await statementsOf(session, entry)) {
      await client.query(`set lock_timeout = ${/\bconcurrently\b/i.test(sql) ? 0 : lockTimeoutMs}`)
      await runRepeatable(rows, sql)
    }
    await client.query(remember, [entry.name])
  } finally {
    await client.query('set lock_timeout = 0').catch(() => undefined)
  }
}

const runOnce = async (
  places: readonly Watched[],
  entry: MigrationEntry,
  settings: ApplySettings,
): Promise<void> => {
  const [first] = places
  if (first === undefined) return
  if (isTransactional(first.session, entry)) return runTogether(places, entry, settings)
  // After one that failed the others stay without it, and the next run goes on where this one ended.
  for (const place of places) await failing(place, runAlone(place, entry, settings))
}

const coded = (
  { at, cause, isLocked }: Failure,
  entry: MigrationEntry,
  { lockTimeoutMs, attempts }: ApplySettings,
): unknown => {
  const { session, watch } = at
  const details = { migration: entry.name, database: session.target.name }
  if (isUnreachable(cause)) return new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause })
  const state = isTransactional(session, entry)
    ? 'nothing of it was applied'
    : 'its statements before that were applied, and it goes on from there'
  if (isLocked) {
    const last = watch.last()
    const blocker = last === undefined ? 'nobody is seen to hold it now' : printBlocker(last)
    const lost = { ...details, lockTimeoutMs, attempts, blocker, pid: last?.pid ?? 'pid', state }
    return new MarqueeError('MIGRATION_LOCKED', lost, { cause })
  }
  const failed = { ...details, reason: (cause as Error).message, state }
  return new MarqueeError('MIGRATION_FAILED', failed, { cause })
}

const pauseMs = (attempt: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)

const applyOne = async (
  places: readonly Watched[],
  entry: MigrationEntry,
  settings: ApplySettings,
  log: Log,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runOnce(places, entry, settings)
      return
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (!error.isLocked || attempt >= settings.attempts) throw coded(error, entry, settings)
      const blocker = error.at.watch.last()
      log.warn(
        {
          migration: entry.name,
          database: error.at.session.target.name,
          attempt,
          ...(blocker === undefined ? {} : { blocker: printBlocker(blocker) }),
        },
        'a migration did not get its locks: trying again',
      )
      await after(pauseMs(attempt))
    }
  }
}

const lacking = async (
  watched: readonly Watched[],
  { name }: MigrationEntry,
): Promise<readonly Watched[]> => {
  const lacks = await Promise.all(
    watched.map(async ({ session }) => !(await appliedMigrations(session.client)).has(name)),
  )
  return watched.filter((_, index) => lacks[index])
}

const tellsOf =
  (session: MigrationSession, log: Log) =>
  (blocker: Blocker): void =>
    log.warn({ database: session.target.name, blocker: printBlocker(blocker) }, 'a migration waits')

/**
 * Applies migrations, oldest first, each in one transaction on all databases that lack it: all of them commit, or none
 * does. Those that cannot run in a transaction run on one database after another. A run that broke off is resumed by the
 * next. The migration lock of each database is held.
 * @returns by target: the names of what was applied
 * @throws MIGRATION_LOCKED, MIGRATION_FAILED, DATABASE_UNAVAILABLE
 */
export const applyMigrations = async (
  sessions: readonly MigrationSession[],
  pending: readonly MigrationEntry[],
  settings: ApplySettings,
  log: Log,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const applied = new Map<string, string[]>(sessions.map(({ target }) => [target.name, []]))
  const watched: Watched[] = []
  try {
    for (const session of sessions) {
      const everyMs = Math.max(20, Math.min(settings.lockTimeoutMs / 4, 5000))
      watched.push({
        session,
        watch: await watchBlockers(session.target, session.pid, everyMs, tellsOf(session, log)),
      })
      await session.client.query(createTable)
    }
    for (const entry of pending) {
      const places = await lacking(watched, entry)
      await applyOne(places, entry, settings, log)
      for (const { session } of places) {
        applied.get(session.target.name)?.push(entry.name)
        log.info({ migration: entry.name, database: session.target.name }, 'migrated')
      }
    }
    return applied
  } finally {
    await Promise.all(watched.map(({ watch }) => watch.stop()))
  }
}
