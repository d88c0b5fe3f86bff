import { MarqueeError } from '@marquee/contract'
import type { Log } from '../log.ts'
import { currentScope } from '../routing/request-scope.ts'
import { isUnreachable } from '../translate-error.ts'
import type { MapKeeper } from './map-keeper.ts'
import { settleMap, type SettleTask } from './settle-map.ts'
import type { OpenShard } from './sharded-database.ts'

type Migration = Readonly<{
  /** What the topology calls the database. */
  name: string
  shards: readonly OpenShard[]
  keeper: MapKeeper
  /** Names of the shards that have been reached. */
  connected: Set<string>
  /** When nobody is waited for any more. */
  allSettled: Promise<unknown>
  task: () => SettleTask
  log: Log
}>

type Migrator = Readonly<{
  migrate: () => Promise<readonly string[]>
  admit: (shard: OpenShard) => Promise<void>
}>

/** Brings shards to what the code expects: all that answer at once, the others when they come back. */
export const shardMigrator = (parts: Migration): Migrator => {
  const { name, shards, keeper, connected, allSettled, task, log } = parts
  const owed = new Map<OpenShard, Promise<void> | undefined>()

  const failed = (shard: OpenShard, error: unknown, done: readonly OpenShard[]): MarqueeError =>
    new MarqueeError(
      'SHARD_MIGRATION_FAILED',
      {
        shard: shard.watch.name,
        database: name,
        reason: (error as Error).message,
        migrated: done.map(({ watch }) => watch.name).join(', ') || 'none',
      },
      { cause: error },
    )

  const migrateAll = async (): Promise<readonly string[]> => {
    const applied: string[] = []
    const done: OpenShard[] = []
    let failure: Readonly<{ shard: OpenShard; error: unknown }> | undefined
    // One after the other: what breaks on the first need not be tried on all, but what is reachable is not left behind.
    for (const shard of shards) {
      try {
        if (!connected.has(shard.watch.name)) throw shard.watch.unavailable()
        const names = await shard.database.migrate()
        applied.push(...names.map(one => (shards.length > 1 ? `${shard.watch.name}: ${one}` : one)))
        owed.delete(shard)
        done.push(shard)
      } catch (error) {
        const isAway = isUnreachable(error) || (error as Partial<MarqueeError>).code === 'SHARD_UNAVAILABLE'
        if (isAway && shards.length > 1) {
          owed.set(shard, undefined)
          log.warn({ database: name, shard: shard.watch.name }, 'a shard is migrated when it comes back')
        } else failure ??= { shard, error }
      }
    }
    if (failure !== undefined)
      throw shards.length === 1 ? failure.error : failed(failure.shard, failure.error, done)
    return applied
  }

  const migrate = async (): Promise<readonly string[]> => {
    // The first map needs all of them.
    if (!keeper.isKnown) await allSettled
    const applied = await migrateAll()
    await settleMap(task(), true)
    await keeper.refresh()
    return applied
  }

  const bringUp = async (shard: OpenShard): Promise<void> => {
    await shard.database.migrate()
    connected.add(shard.watch.name)
    await settleMap(task(), true)
    owed.delete(shard)
    log.info({ database: name, shard: shard.watch.name }, 'a shard that came back is migrated')
  }

  const admit = async (shard: OpenShard): Promise<void> => {
    if (!owed.has(shard)) return
    const known = owed.get(shard)
    if (known !== undefined) return known
    // It answers before it is migrated: nobody waits long for one that does not.
    const coming = keeper.confirmed(shard.watch).then(() => currentScope.exit(() => bringUp(shard)))
    owed.set(shard, coming)
    try {
      await coming
    } catch (error) {
      if (owed.has(shard)) owed.set(shard, undefined)
      throw error
    }
  }
  return { migrate, admit }
}
