import { setTimeout as after } from 'node:timers/promises'
import type { MarqueeError } from '@marquee/contract'
import type { DataConfig } from '../config.ts'
import { silent, type Log } from '../log.ts'
import type { DomainModel } from '../model.ts'
import { prepareDatabase, setsOfDomain } from '../open-database.ts'
import { MapKeeper } from './map-keeper.ts'
import { shardMigrator } from './migrate-shards.ts'
import { settleMap, type SettleTask } from './settle-map.ts'
import { ShardWatch } from './shard-watch.ts'
import { ShardedDatabase } from './sharded-database.ts'

/** How much longer the others are waited for once a shard answers. */
const lateMs = 2000

/**
 * Opens the database of a domain on all its shards; on a database that is not sharded, that is one, called by the
 * database's name. Shards that cannot be reached are left to come back later, while one can. Migrates nothing;
 * `ShardedDatabase.migrate` does.
 * @throws CONFIG_INVALID when the topology has no database for the domain
 * @throws DATABASE_UNAVAILABLE when no shard can be reached within `connectTimeoutMs`
 * @throws SHARD_UNKNOWN, TOPOLOGY_WRONG when the map and the configuration do not agree
 */
export const openShardedDatabase = async (
  config: DataConfig,
  model: DomainModel,
  options: Readonly<{ log?: Log }> = {},
): Promise<ShardedDatabase> => {
  const { log = silent } = options
  const places = setsOfDomain(config, model.domain)
  const name = places[0]?.database ?? model.domain
  const stop = new AbortController()
  const prepared = places.map(place => ({ place, ...prepareDatabase(config, place, model, log) }))
  let answered: ((watch: ShardWatch) => void) | undefined
  const watches = prepared.map(
    ({ place, set }) =>
      new ShardWatch(place, set, async (watch, said) => {
        await keeper.heard(watch, said)
        answered?.(watch)
      }),
  )
  const { refreshMs, fenceWaitMs, scatterConcurrency } = config.shards
  const { statementTimeoutMs, routing } = config
  const keeper = new MapKeeper(
    { database: name, refreshMs, statementTimeoutMs, holdMs: routing.holdMs },
    watches,
    log,
  )
  const shards = prepared.map(({ database }, at) => ({ database, watch: watches[at] as ShardWatch }))
  const close = async (): Promise<void> => {
    stop.abort()
    keeper.close()
    await Promise.all(prepared.map(({ database }) => database.close()))
  }
  try {
    const connected = new Set<string>()
    const connecting = prepared.map(async ({ connected: untilConnected, place }, at) => {
      await untilConnected(stop.signal)
      connected.add((watches[at] as ShardWatch).name)
      return place
    })
    await Promise.any(connecting).catch((error: AggregateError) => {
      throw error.errors[0] as Error
    })
    const allSettled = Promise.allSettled(connecting)
    await Promise.race([allSettled, after(lateMs, undefined, { signal: stop.signal }).catch(() => undefined)])

    const task = (): SettleTask => ({
      database: name,
      names: shards.map(({ watch }) => watch.name),
      present: shards
        .filter(({ watch }) => connected.has(watch.name))
        .map(({ watch, database }) => ({ name: watch.name, database, set: watch.set })),
      isNamed: places.some(({ shard }) => shard !== null),
      log,
    })
    await settleMap(task(), false)
    await keeper.refresh()
    if (keeper.isKnown) throwFirst(keeper.unknownShards())
    keeper.start()
    const { migrate, admit } = shardMigrator({ name, shards, keeper, connected, allSettled, task, log })
    // Also one that nobody asks for, since it has nothing yet.
    answered = watch => {
      for (const shard of shards) if (shard.watch === watch) admit(shard).catch(() => undefined)
    }
    return new ShardedDatabase({
      domain: model.domain,
      name,
      shards,
      keeper,
      fenceWaitMs,
      scatterConcurrency,
      migrate,
      admit,
      close,
    })
  } catch (error) {
    await close()
    throw error
  }
}

const throwFirst = ([first]: readonly MarqueeError[]): void => {
  if (first !== undefined) throw first
}
