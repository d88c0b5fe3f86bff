import type pg from 'pg'
import type { DomainModel, MigrationEntry } from '../model.ts'
import { shardMigrations } from '../shards/shard-schema.ts'

/** All migrations of a model: what the data layer itself needs comes first. */
export const migrationsOf = (model: DomainModel): readonly MigrationEntry[] =>
  model.sharded === true ? [...shardMigrations, ...model.migrations] : model.migrations

/** Names of the migrations that a database has seen. Takes no lock, creates nothing. */
export const appliedMigrations = async (client: pg.ClientBase): Promise<ReadonlySet<string>> => {
  const { rows: tables } = await client.query<{ exists: boolean }>(
    `select to_regclass('migrations') is not null as exists`,
  )
  if (tables[0]?.exists !== true) return new Set()
  const { rows } = await client.query<{ name: string }>('select name from migrations')
  return new Set(rows.map(row => row.name))
}

/** The migrations that a database has not seen, oldest first. */
export const pendingMigrations = async (
  client: pg.ClientBase,
  model: DomainModel,
): Promise<readonly MigrationEntry[]> => {
  const applied = await appliedMigrations(client)
  return migrationsOf(model).filter(({ name }) => !applied.has(name))
}
