import type { DataConfig } from '../config.ts'
import { silent, type Log } from '../log.ts'
import type { DomainModel } from '../model.ts'
import { prepareDatabase, setsOfDomain } from '../open-database.ts'
import { lookAfterPartitions } from '../partitions/look-after-partitions.ts'
import { addressOf } from '../server-address.ts'
import { lookAhead, migrateDatabases } from './migrate-databases.ts'
import type { MigrationTarget } from './migration-session.ts'
import type { MigrationPlan } from './plan-migrations.ts'

type Options = Readonly<{ log?: Log; allowRisky?: boolean }>

/** The writers of a domain: one, or one for each shard. @throws DATABASE_UNAVAILABLE when one cannot be reached */
export const writersOf = (
  config: DataConfig,
  model: DomainModel,
  log: Log,
): Promise<readonly MigrationTarget[]> =>
  Promise.all(
    setsOfDomain(config, model.domain).map(async place => {
      const { database, set, connected } = prepareDatabase(config, place, model, log)
      try {
        await connected()
        return { name: place.name, ...addressOf((await set.writerSoon()).writes.clientOptions) }
      } finally {
        await database.close()
      }
    }),
  )

/**
 * Looks at what a domain's databases lack, and at what it would do to them. Changes nothing there.
 * @returns a plan for each database that lacks something
 * @throws CONFIG_INVALID, DATABASE_UNAVAILABLE
 */
export const planDomain = async (
  config: DataConfig,
  model: DomainModel,
  { log = silent }: Options = {},
): Promise<readonly MigrationPlan[]> =>
  lookAhead(await writersOf(config, model, log), model, config.migrations)

/**
 * Migrates all databases of a domain, or none.
 * @returns by database, as `users` or `users/s1`: the names of what this call applied
 * @throws MIGRATION_RISKY, MIGRATION_LOCKED, MIGRATION_FAILED, CONFIG_INVALID, DATABASE_UNAVAILABLE
 */
export const migrateDomain = async (
  config: DataConfig,
  model: DomainModel,
  { log = silent, allowRisky = false }: Options = {},
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const targets = await writersOf(config, model, log)
  const applied = await migrateDatabases(targets, model, { settings: config.migrations, log, allowRisky })
  for (const target of targets) await lookAfterPartitions(target, model, config, log)
  return applied
}
