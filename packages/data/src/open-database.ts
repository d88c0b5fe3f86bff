import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { boundedPool, type BoundedPool, type PoolSettings } from './bounded-pool.ts'
import type { DataConfig } from './config.ts'
import { Database, type StatementListener } from './database.ts'
import { silent, type Log } from './log.ts'
import { applyMigrations, pendingMigrations } from './migrate.ts'
import type { DomainModel } from './model.ts'
import { openOrm } from './open-orm.ts'
import { keepPartitions } from './partitions/keep-partitions.ts'
import { ReplicaSet } from './routing/replica-set.ts'
import { Server } from './routing/server.ts'
import { replicaSetsOf, type PlacedSet } from './topology-config.ts'
import { isUnreachable } from './translate-error.ts'

/** Partitions are made months ahead: there is time. */
const upkeepEveryMs = 6 * 3_600_000
const firstDelayMs = 50
const longestDelayMs = 2000

/** Tries until the writer answers: 50 ms, then twice as long each time up to 2 s, each 50-100 % of that at random. */
const connectWithBackOff = async (
  set: ReplicaSet,
  config: DataConfig,
  domain: string,
  log: Log,
): Promise<void> => {
  const giveUpAt = performance.now() + config.connectTimeoutMs
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (await set.writerSoon()).writes.ping()
      if (attempt > 0) log.info({ domain, attempts: attempt + 1 }, 'the database answers')
      return
    } catch (error) {
      const leftMs = giveUpAt - performance.now()
      if (!isUnreachable(error) || leftMs <= 0) {
        throw error instanceof MarqueeError
          ? error
          : new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error })
      }
      if (attempt === 0)
        log.warn({ domain, reason: String((error as Error).cause) }, 'waiting for the database')
      const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** attempt) * (0.5 + Math.random() / 2)
      await after(Math.min(delayMs, leftMs))
    }
  }
}

/** @throws CONFIG_INVALID when the topology has no database for the domain */
export const setsOfDomain = (config: DataConfig, domain: string): readonly PlacedSet[] => {
  const key = config.domains[domain] ?? domain
  const place = config.databases[key]
  if (place !== undefined) return replicaSetsOf(key, place)
  const known = Object.keys(config.databases).join(', ') || 'none'
  throw new MarqueeError('CONFIG_INVALID', {
    file: 'marquee.yaml',
    reason: `data.databases has no "${key}", which the domain "${domain}" needs (it has: ${known})`,
  })
}

type Reported = () => StatementListener | undefined

const openServers = (
  { name, writer, readers }: PlacedSet,
  config: DataConfig,
  settings: Omit<PoolSettings, 'url'>,
  log: Log,
  reported: Reported,
): ReplicaSet => {
  const servers = [...new Set([writer, ...readers])].map(url => {
    const pool = (): BoundedPool => boundedPool({ ...settings, url }, log, reported)
    return new Server(new URL(url).host, pool(), pool())
  })
  const { heartbeatMs: everyMs, heartbeatTimeoutMs: timeoutMs, ...routing } = config.routing
  return new ReplicaSet(name, servers, { ...routing, everyMs, timeoutMs }, log)
}

/**
 * The database of a domain on one replica set, without waiting for any of its servers.
 * @returns `connected` waits for the writer with back-off, up to `connectTimeoutMs` in all, and rejects with
 *   DATABASE_UNAVAILABLE when it cannot be reached in time, or refuses us (its reason is the `cause`)
 */
export const prepareDatabase = (
  config: DataConfig,
  place: PlacedSet,
  model: DomainModel,
  log: Log,
): Readonly<{ database: Database; set: ReplicaSet; connected: () => Promise<void> }> => {
  const listeners = new Set<StatementListener>()
  const report: StatementListener = statement => {
    for (const listener of listeners) listener(statement)
  }
  const settings = {
    applicationName: `marquee-${model.domain}`,
    max: config.pool.max,
    idleTimeoutMs: config.pool.idleTimeoutMs,
    acquireTimeoutMs: config.pool.acquireTimeoutMs,
    statementTimeoutMs: config.statementTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
    idleInTransactionTimeoutMs: config.idleInTransactionTimeoutMs,
  }
  const set = openServers(place, config, settings, log, () => (listeners.size > 0 ? report : undefined))
  // What its servers call the database.
  const name = decodeURIComponent(new URL(place.writer).pathname.slice(1))

  // Migrations may take longer than any request may, and wait for another process that runs them.
  const migrate = async (): Promise<readonly string[]> => {
    const patient = {
      ...settings,
      applicationName: `${settings.applicationName}-migrate`,
      max: 2,
      statementTimeoutMs: 0,
      lockTimeoutMs: 0,
      idleInTransactionTimeoutMs: 0,
    }
    const { connectionString: url = '' } = (await set.writerSoon()).writes.clientOptions
    const own = openOrm(
      boundedPool({ ...patient, url }, log, () => undefined),
      model,
      name,
    )
    try {
      const pending = await pendingMigrations(own.em.fork(), model)
      const applied = pending.length === 0 ? [] : await applyMigrations(own, pending, log)
      await keepPartitions(() => own.em.fork(), config.partitions, log)
      return applied
    } finally {
      await own.close(true)
    }
  }
  const upkeep = setInterval(() => {
    keepPartitions(() => database.fork(), config.partitions, log).catch((error: unknown) =>
      log.warn({ reason: (error as Error).message }, 'partitions were not looked after; next time they are'),
    )
  }, upkeepEveryMs).unref()
  const database = new Database({ model, name, set, listeners, migrate, upkeep })
  return { database, set, connected: () => connectWithBackOff(set, config, model.domain, log) }
}

/**
 * Opens the database of a domain: waits for its writer with back-off, up to `connectTimeoutMs` in all. Migrates
 * nothing; `Database.migrate` does.
 * @throws CONFIG_INVALID when the topology has no database for the domain, or one of several shards
 * @throws DATABASE_UNAVAILABLE when it cannot be reached in time, or refuses us (its reason is the `cause`)
 */
export const openDatabase = async (
  config: DataConfig,
  model: DomainModel,
  options: Readonly<{ log?: Log }> = {},
): Promise<Database> => {
  const [place, ...others] = setsOfDomain(config, model.domain)
  if (place === undefined || place.shard !== null || others.length > 0) {
    throw new MarqueeError('CONFIG_INVALID', {
      file: 'marquee.yaml',
      reason: `data.databases.${place?.database} has \`shards\`, but the rows of "${model.domain}" cannot be spread: give it a \`writer\``,
    })
  }
  const { database, connected } = prepareDatabase(config, place, model, options.log ?? silent)
  try {
    await connected()
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
