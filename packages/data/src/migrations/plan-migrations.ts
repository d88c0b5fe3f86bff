import type { DataConfig } from '../config.ts'
import type { DomainModel, MigrationEntry } from '../model.ts'
import { judgeStatements, type Risk } from './judge-migration.ts'
import { lookAtStatements, type LookedStatement } from './look-at-statements.ts'
import { isTransactional, withMigrationSession, type MigrationSession } from './migration-session.ts'
import { migrationsOf, pendingMigrations } from './pending-migrations.ts'
import { withScratchDatabase } from './scratch-database.ts'
import { rowsOfEachTable } from './table-rows.ts'

/** What a migration does, in SQL and in locks. */
export type PlannedMigration = Readonly<{
  migration: string
  isTransactional: boolean
  statements: readonly (Omit<LookedStatement, 'touches'> &
    Readonly<{ touches: readonly (LookedStatement['touches'][number] & { rows: number })[] }>)[]
  /** Why it is refused, or would be. */
  risks: readonly Risk[]
  /** Why it may all the same. */
  acceptsLocks: string | null
}>

/** What is to be done on one database. */
export type MigrationPlan = Readonly<{
  /** `users`, or `users/s1`. */
  database: string
  migrations: readonly PlannedMigration[]
  /** Why nobody could look at the migrations; null: they were looked at. */
  unseen: string | null
}>

const planned = (
  session: MigrationSession,
  entry: MigrationEntry,
  looked: readonly LookedStatement[],
  rows: ReadonlyMap<string, number>,
  { bigTableRows }: DataConfig['migrations'],
): PlannedMigration => {
  const rowsOf = (table: string): number => rows.get(table) ?? 0
  const isOne = isTransactional(session, entry)
  const risks = (isOne ? [looked] : looked.map(statement => [statement])).flatMap(statements =>
    judgeStatements(statements, rowsOf, bigTableRows),
  )
  const statements = looked.map(({ sql, touches }) => ({
    sql,
    touches: touches.map(touch => ({ ...touch, rows: rowsOf(touch.table) })),
  }))
  return {
    migration: entry.name,
    isTransactional: isOne,
    statements,
    risks,
    acceptsLocks: entry.acceptsLocks ?? null,
  }
}

/** Looks at the pending migrations of a database. Changes nothing in it, and takes no lock in it. */
export const planMigrations = async (
  session: MigrationSession,
  model: DomainModel,
  settings: DataConfig['migrations'],
): Promise<MigrationPlan> => {
  const database = session.target.name
  const pending = await pendingMigrations(session.client, model)
  if (pending.length === 0) return { database, migrations: [], unseen: null }
  const rows = await rowsOfEachTable(session.client)
  const names = new Set(pending.map(({ name }) => name))
  const earlier = migrationsOf(model).filter(({ name }) => !names.has(name))
  try {
    const looked = await withScratchDatabase(session, target =>
      withMigrationSession(target, model, scratch => lookAtStatements(scratch, earlier, pending)),
    )
    const migrations = pending.map(entry =>
      planned(session, entry, looked.get(entry.name) ?? [], rows, settings),
    )
    return { database, migrations, unseen: null }
  } catch (error) {
    const unknown = pending.map(({ name, acceptsLocks = null }) => ({
      migration: name,
      isTransactional: true,
      statements: [],
      risks: [],
      acceptsLocks,
    }))
    return { database, migrations: unknown, unseen: (error as Error).message }
  }
}
