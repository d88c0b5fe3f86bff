import { authModel } from '@marquee/auth'
import { MarqueeError } from '@marquee/contract'
import {
  migrateDomain,
  planDomain,
  type DataConfig,
  type DomainModel,
  type MigrationPlan,
} from '@marquee/data'
import { moviesModel } from '@marquee/movies'
import { usersModel } from '@marquee/users'
import { printPlans } from '../terminal/print-plans.ts'
import { findDatabases, type WhereFlags } from './topology.ts'

export type DbMigrateFlags = WhereFlags &
  Readonly<{ plan?: boolean; json?: boolean; allowRisky?: boolean; only?: readonly string[] }>

const models: readonly DomainModel[] = [authModel, moviesModel, usersModel]

const usage = (reason: string): MarqueeError =>
  new MarqueeError('USAGE_INVALID', { reason, command: 'db migrate' })

const modelsOf = ({ only = [], databaseUrl }: DbMigrateFlags): readonly DomainModel[] => {
  const domains = models.map(({ domain }) => domain)
  const unknown = only.filter(name => !domains.includes(name))
  if (unknown.length > 0)
    throw usage(`there is no domain "${unknown.join('", "')}"; there are ${domains.join(', ')}`)
  if (databaseUrl !== undefined && only.length !== 1)
    throw usage('with `--database-url`, `--only` says of which domain the database is')
  return models.filter(({ domain }) => only.length === 0 || only.includes(domain))
}

type Domain = Readonly<{ model: DomainModel; config: DataConfig }>

/** Those that have a database: a topology may have some of the domains. */
const domainsOf = async (flags: DbMigrateFlags): Promise<readonly Domain[]> => {
  const wanted = modelsOf(flags)
  const where = await findDatabases(flags, process.env, 'db migrate')
  const all = await Promise.all(
    wanted.map(async model => ({ model, config: await where.configFor(model.domain) })),
  )
  const there = all.filter(
    ({ model: { domain }, config }) => config.databases[config.domains[domain] ?? domain] !== undefined,
  )
  const missing = wanted.filter(model => !there.some(one => one.model === model))
  if (flags.only !== undefined && missing.length > 0)
    throw usage(`\`data.databases\` has none for ${missing.map(({ domain }) => domain).join(', ')}`)
  return there
}

const isRefused = ({ migrations, unseen }: MigrationPlan): boolean =>
  unseen !== null || migrations.some(({ risks, acceptsLocks }) => risks.length > 0 && acceptsLocks === null)

const plan = async (domains: readonly Domain[], flags: DbMigrateFlags): Promise<number> => {
  const plans: MigrationPlan[] = []
  for (const { model, config } of domains) plans.push(...(await planDomain(config, model)))
  const ok = flags.allowRisky === true || !plans.some(isRefused)
  if (flags.json === true) {
    for (const one of plans)
      console.log(JSON.stringify({ event: 'migration-plan', ok: !isRefused(one), ...one }))
    console.log(JSON.stringify({ event: 'planned', ok, databases: plans.length }))
  } else console.log(printPlans(plans))
  return ok ? 0 : 1
}

const migrate = async (domains: readonly Domain[], { json, allowRisky }: DbMigrateFlags): Promise<number> => {
  const tell = (fields: object, text: string): void => {
    if (json === true) console.log(JSON.stringify({ event: 'migrating', ...fields, message: text }))
    else
      console.error(
        `  ${text}: ${Object.entries(fields)
          .map(([key, value]) => `${key} ${value}`)
          .join(', ')}`,
      )
  }
  let count = 0
  for (const { model, config } of domains) {
    const applied = await migrateDomain(config, model, {
      allowRisky: allowRisky === true,
      log: { info: () => undefined, warn: tell },
    })
    for (const [database, migrations] of applied) {
      count += migrations.length
      if (json === true) console.log(JSON.stringify({ event: 'migrated', database, migrations }))
      else console.log(`${database}: ${migrations.length === 0 ? 'nothing to do' : migrations.join(', ')}`)
    }
  }
  if (json === true) console.log(JSON.stringify({ event: 'done', ok: true, applied: count }))
  return 0
}

/**
 * Brings the schema of every domain to what the code expects; with `plan`, says what that would do.
 * @returns the exit code: 1 when a plan has something that would be refused
 * @throws MIGRATION_RISKY, MIGRATION_LOCKED, MIGRATION_FAILED, NOT_RUNNING, USAGE_INVALID
 */
export const runDbMigrate = async (flags: DbMigrateFlags): Promise<number> => {
  const domains = await domainsOf(flags)
  return flags.plan === true ? plan(domains, flags) : migrate(domains, flags)
}
