import type { Log } from './log.ts'
import type { DomainModel, MigrationEntry } from './model.ts'
import type { Orm } from './open-orm.ts'
import { leaveShardSchema, shardMigrations } from './shards/shard-schema.ts'
import { sqlRows } from './sql-rows.ts'

// Any number will do, as long as all processes take the same: "marquee" in ASCII, cut to 31 bits.
const migrationLock = 0x6d617271

const createTable = `create table if not exists migrations (
  name text primary key,
  applied_at timestamptz not null default now()
)`

type Em = ReturnType<Orm['em']['fork']>

const underLock = <T>(orm: Orm, work: (em: Em) => Promise<T>): Promise<T> =>
  orm.em.fork().transactional(async em => {
    // Held to the end of the transaction, and so free again however this process ends.
    await sqlRows(em, 'select pg_advisory_xact_lock($1)', [migrationLock])
    // Another process may just have made the schema, and this connection is older.
    await sqlRows(em, leaveShardSchema)
    return work(em)
  })

const isApplied = async (em: Em, name: string): Promise<boolean> =>
  (await sqlRows(em, 'select 1 as one from migrations where name = $1', [name])).length > 0

/** Applies one migration and remembers it, in one transaction; false when another process was first. */
const applyOne = (orm: Orm, entry: MigrationEntry): Promise<boolean> =>
  underLock(orm, async em => {
    if (await isApplied(em, entry.name)) return false
    const migration = new entry.class(em.getDriver(), orm.config)
    migration.setTransactionContext(em.getTransactionContext())
    await migration.up()
    for (const query of migration.getQueries()) {
      await em.getDriver().execute(query, [], 'run', em.getTransactionContext())
    }
    await sqlRows(em, 'insert into migrations (name) values ($1)', [entry.name])
    return true
  })

/** All migrations of a model: what the data layer itself needs comes first. */
const migrationsOf = (model: DomainModel): readonly MigrationEntry[] =>
  model.sharded === true ? [...shardMigrations, ...model.migrations] : model.migrations

/** Names of the migrations that this database has not seen. Takes no lock, creates nothing. */
export const pendingMigrations = async (em: Em, model: DomainModel): Promise<readonly MigrationEntry[]> => {
  const [table] = await sqlRows<{ exists: boolean }>(
    em,
    `select to_regclass('migrations') is not null as exists`,
  )
  if (table?.exists !== true) return migrationsOf(model)
  const rows = await sqlRows<{ name: string }>(em, 'select name from migrations')
  const applied = new Set(rows.map(row => row.name))
  return migrationsOf(model).filter(entry => !applied.has(entry.name))
}

/**
 * Applies what is pending, oldest first, each in a transaction of its own. Processes that do so at once wait for one
 * another, and each migration is applied by exactly one of them.
 * @returns the names that this call applied
 */
export const applyMigrations = async (
  orm: Orm,
  pending: readonly MigrationEntry[],
  log: Log,
): Promise<readonly string[]> => {
  await underLock(orm, em => sqlRows(em, createTable))
  const applied: string[] = []
  for (const entry of pending) {
    if (!(await applyOne(orm, entry))) continue
    applied.push(entry.name)
    log.info({ migration: entry.name }, 'migrated')
  }
  return applied
}
