import { MarqueeError } from '@marquee/contract'
import type { DataConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { DomainModel, MigrationEntry } from '../model.ts'
import { applyMigrations } from './apply-migrations.ts'
import {
  takeMigrationLock,
  withMigrationSession,
  type MigrationSession,
  type MigrationTarget,
} from './migration-session.ts'
import { migrationsOf, pendingMigrations } from './pending-migrations.ts'
import { planMigrations, type MigrationPlan } from './plan-migrations.ts'
import { rowsOfEachTable } from './table-rows.ts'

const withSessions = <T>(
  targets: readonly MigrationTarget[],
  model: DomainModel,
  work: (sessions: readonly MigrationSession[]) => Promise<T>,
  opened: readonly MigrationSession[] = [],
): Promise<T> => {
  const [target, ...others] = targets
  if (target === undefined) return work(opened)
  return withMigrationSession(target, model, session =>
    withSessions(others, model, work, [...opened, session]),
  )
}

/**
 * Looks at what is pending on databases that have the same migrations: the shards of one, or one alone.
 * @returns one plan for each that lacks something
 */
export const lookAhead = (
  targets: readonly MigrationTarget[],
  model: DomainModel,
  settings: DataConfig['migrations'],
): Promise<readonly MigrationPlan[]> =>
  withSessions(targets, model, async sessions => {
    const plans: MigrationPlan[] = []
    for (const session of sessions) plans.push(await planMigrations(session, model, settings))
    return plans.filter(({ migrations }) => migrations.length > 0)
  })

/** Whether a plan may be carried out. @throws MIGRATION_RISKY with the first reason why not */
const admit = ({ database, migrations, unseen }: MigrationPlan): void => {
  const [first] = migrations
  if (unseen !== null && first !== undefined) {
    throw new MarqueeError('MIGRATION_RISKY', {
      migration: first.migration,
      database,
      reason: `nobody could look at it before: ${unseen}`,
      instead: 'Let the role create databases (`alter role … createdb`), in which migrations are looked at',
    })
  }
  for (const { migration, risks, acceptsLocks } of migrations) {
    const [risk] = risks
    if (risk === undefined || acceptsLocks !== null) continue
    const { table, rows, lock, reason, instead } = risk
    throw new MarqueeError('MIGRATION_RISKY', { migration, database, table, rows, lock, reason, instead })
  }
}

type Options = Readonly<{ settings: DataConfig['migrations']; log: Log; allowRisky?: boolean }>

const isSmall = async ({ client }: MigrationSession, bigTableRows: number): Promise<boolean> =>
  [...(await rowsOfEachTable(client)).values()].every(rows => rows < bigTableRows)

/** Each database is looked at before anything is done in any. Without a big table there is nothing to be afraid of. */
const admitAll = async (
  sessions: readonly MigrationSession[],
  model: DomainModel,
  settings: DataConfig['migrations'],
): Promise<void> => {
  for (const session of sessions) {
    if (await isSmall(session, settings.bigTableRows)) continue
    admit(await planMigrations(session, model, settings))
  }
}

const lackedBy = async (
  sessions: readonly MigrationSession[],
  model: DomainModel,
): Promise<readonly MigrationEntry[]> => {
  const names = new Set<string>()
  for (const { client } of sessions) {
    for (const { name } of await pendingMigrations(client, model)) names.add(name)
  }
  return migrationsOf(model).filter(({ name }) => names.has(name))
}

/**
 * Applies what is pending on databases that have the same migrations: on all of them, or on none. Processes that do so
 * at once wait for one another; after a crash the next run goes on.
 * @returns by target: the names of what this call applied
 * @throws MIGRATION_RISKY before anything is done; MIGRATION_LOCKED, MIGRATION_FAILED, DATABASE_UNAVAILABLE
 */
export const migrateDatabases = (
  targets: readonly MigrationTarget[],
  model: DomainModel,
  options: Options,
): Promise<ReadonlyMap<string, readonly string[]>> =>
  withSessions(targets, model, async sessions => {
    const none = new Map(targets.map(({ name }) => [name, []]))
    if ((await lackedBy(sessions, model)).length === 0) return none
    // In the order of the topology, which is the same for all.
    for (const session of sessions) await takeMigrationLock(session)
    const pending = await lackedBy(sessions, model)
    if (pending.length === 0) return none
    if (options.allowRisky !== true) await admitAll(sessions, model, options.settings)
    return applyMigrations(sessions, pending, options.settings, options.log)
  })

/**
 * Looks whether what is pending may be done, on all of several databases: where they are migrated one after another, the
 * last must not be the one that is refused.
 * @throws MIGRATION_RISKY, DATABASE_UNAVAILABLE
 */
export const refuseRisky = (
  targets: readonly MigrationTarget[],
  model: DomainModel,
  settings: DataConfig['migrations'],
): Promise<void> =>
  withSessions(targets, model, async sessions => {
    if ((await lackedBy(sessions, model)).length > 0) await admitAll(sessions, model, settings)
  })

/** @throws MIGRATION_PENDING when a database lacks a migration */
export const requireMigrated = (target: MigrationTarget, model: DomainModel): Promise<void> =>
  withMigrationSession(target, model, async ({ client }) => {
    const pending = await pendingMigrations(client, model)
    if (pending.length === 0) return
    const migrations = pending.map(({ name }) => name).join(', ')
    throw new MarqueeError('MIGRATION_PENDING', { database: target.name, migrations })
  })
