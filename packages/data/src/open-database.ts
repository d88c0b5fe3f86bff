import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { boundedPool, type BoundedPool, type PoolSettings } from './bounded-pool.ts'
import type { DataConfig } from './config.ts'
import { Database, type StatementListener } from './database.ts'
import { silent, type Log } from './log.ts'
import { migrateDatabases, requireMigrated } from './migrations/migrate-databases.ts'
import type { DomainModel } from './model.ts'
import { keepPartitions } from './partitions/keep-partitions.ts'
import { lookAfterPartitions } from './partitions/look-after-partitions.ts'
import { NameWatch } from './routing/name-watch.ts'
import { ReplicaSet } from './routing/replica-set.ts'
import {
  labelOf,
  namesIn,
  socketTo,
  systemLookup,
  targetsOf,
  type Lookup,
  type ServerTarget,
} from './routing/resolve-servers.ts'
import { Server } from './routing/server.ts'
import { addressOf } from './server-address.ts'
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
  signal: AbortSignal | undefined,
): Promise<void> => {
  const giveUpAt = performance.now() + config.connectTimeoutMs
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (await set.writerSoon()).writes.ping()
      if (attempt > 0) log.info({ domain, attempts: attempt + 1 }, 'the database answers')
      return
    } catch (error) {
      const leftMs = giveUpAt - performance.now()
      if (!isUnreachable(error) || leftMs <= 0 || signal?.aborted === true) {
        throw error instanceof MarqueeError
          ? error
          : new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error })
      }
      if (attempt === 0)
        log.warn({ domain, reason: String((error as Error).cause) }, 'waiting for the database')
      const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** attempt) * (0.5 + Math.random() / 2)
      await after(Math.min(delayMs, leftMs), undefined, signal && { signal }).catch(() => undefined)
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
  lookup: Lookup,
): Readonly<{ set: ReplicaSet; stop: () => void }> => {
  const urls = [writer, ...readers]
  const known = new Map<ServerTarget, Server>()
  const serverOf = (target: ServerTarget): Server => {
    const pool = (): BoundedPool =>
      boundedPool({ ...settings, url: target.url, ...socketTo(target.address) }, log, reported)
    const server = known.get(target) ?? new Server(labelOf(target), pool(), pool())
    known.set(target, server)
    return server
  }
  const { heartbeatMs: everyMs, heartbeatTimeoutMs: timeoutMs, resolveMs, ...routing } = config.routing
  const hasNames = namesIn(urls).length > 0
  // Which servers names mean is known in a moment; until then, statements are held.
  const first = hasNames ? [] : targetsOf(urls, new Map()).map(serverOf)
  const set = new ReplicaSet(name, first, { ...routing, everyMs, timeoutMs }, log)
  if (!hasNames) return { set, stop: () => undefined }
  const onTargets = (targets: readonly ServerTarget[]): void => {
    set.change(targets.map(serverOf))
    for (const target of known.keys()) if (!targets.includes(target)) known.delete(target)
    const servers = targets.map(labelOf)
    log.info({ database: name, servers }, 'the servers that the names of a database mean')
  }
  const watch = new NameWatch({ urls, lookup, everyMs: resolveMs, onTargets })
  return { set, stop: () => watch.stop() }
}

/**
 * The database of a domain on one replica set, without waiting for any of its servers.
 * @returns `connected` waits for the writer with back-off, up to `connectTimeoutMs` in all or until the signal, and
 *   rejects with DATABASE_UNAVAILABLE when it cannot be reached in time, or refuses us (its reason is the `cause`)
 */
export const prepareDatabase = (
  config: DataConfig,
  place: PlacedSet,
  model: DomainModel,
  log: Log,
  lookup: Lookup = systemLookup,
): Readonly<{ database: Database; set: ReplicaSet; connected: (signal?: AbortSignal) => Promise<void> }> => {
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
  const reported = (): StatementListener | undefined => (listeners.size > 0 ? report : undefined)
  const { set, stop } = openServers(place, config, settings, log, reported, lookup)
  // What its servers call the database.
  const name = decodeURIComponent(new URL(place.writer).pathname.slice(1))

  const migrate = async (): Promise<readonly string[]> => {
    const target = { name: place.name, ...addressOf((await set.writerSoon()).writes.clientOptions) }
    if (!config.migrations.atStart) {
      await requireMigrated(target, model)
      return []
    }
    const applied = await migrateDatabases([target], model, { settings: config.migrations, log })
    await lookAfterPartitions(target, model, config, log)
    return applied.get(target.name) ?? []
  }
  const upkeep = setInterval(() => {
    keepPartitions(() => database.fork(), config.partitions, log).catch((error: unknown) =>
      log.warn({ reason: (error as Error).message }, 'partitions were not looked after; next time they are'),
    )
  }, upkeepEveryMs).unref()
  const database = new Database({ model, name, set, listeners, migrate, upkeep, stop })
  return { database, set, connected: signal => connectWithBackOff(set, config, model.domain, log, signal) }
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
  options: Readonly<{ log?: Log; lookup?: Lookup }> = {},
): Promise<Database> => {
  const [place, ...others] = setsOfDomain(config, model.domain)
  if (place === undefined || place.shard !== null || others.length > 0) {
    throw new MarqueeError('CONFIG_INVALID', {
      file: 'marquee.yaml',
      reason: `data.databases.${place?.database} has \`shards\`, but the rows of "${model.domain}" cannot be spread: give it a \`writer\``,
    })
  }
  const { database, connected } = prepareDatabase(config, place, model, options.log ?? silent, options.lookup)
  try {
    await connected()
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
