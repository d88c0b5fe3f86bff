import { readShardOwners, type ReplicaSetEvent, type ShardOwners } from '@marquee/data/embedded'
import type { PlatformConfig } from '../config/platform-config.ts'
import { shardFolder, type DataFolder } from './data-folder.ts'
import type { Topology } from './environment.ts'
import type { Report } from './events.ts'
import { leaveOutShards, requireDrained, requireWhole } from './left-out-shards.ts'
import { launchPostgres, type PostgresLaunch } from './postgres.ts'
import { archiveOf } from './backup-folders.ts'
import type { ServiceGroup } from './service-group.ts'
import { shardedDomains } from './sharded-domains.ts'
import { setName, shardName, shardTopology } from './shard-topology.ts'

/** The embedded PostgreSQL: one replica set a shard. */
export type EmbeddedDatabases = Readonly<{
  /** Asked again after a failover. */
  topology: () => Topology
  /** The shards that own nothing although others do: those that joined later. */
  emptyShards: () => Promise<readonly string[]>
}>

type Context = Readonly<{
  config: PlatformConfig
  folder: DataFolder
  group: ServiceGroup
  /** Databases that there shall be. */
  databases: readonly string[]
  report: Report
}>

const launchShard = (context: Context, shard: number): Promise<PostgresLaunch> => {
  const { config, folder, databases, report } = context
  return launchPostgres({
    name: setName(shard),
    folder: shardFolder(folder, shard),
    replicas: config.replicas,
    hangMs: config.failover.hangMs,
    archive: archiveOf(config, folder, shard),
    databases: shard === 1 ? databases : databases.filter(name => shardedDomains.includes(name)),
    log: message => report({ event: 'note', message }),
    report: (event: ReplicaSetEvent) => report(event),
  })
}

/** Of each sharded domain that has a map. */
const ownersOf = async (topology: Topology): Promise<readonly ShardOwners[]> => {
  const writers = Object.values(topology).flatMap(place =>
    'shards' in place
      ? [Object.fromEntries(Object.entries(place.shards).map(([name, { writer }]) => [name, writer]))]
      : [],
  )
  return (await Promise.all(writers.map(readShardOwners))).flatMap(owners => owners ?? [])
}

/**
 * Starts the servers of every shard: side by side, each writer before its replicas.
 * @throws SHARD_LOST when a shard that owns something has no data
 * @throws SHARDS_NEEDED when the data is spread over more shards than the config has
 * @throws POSTGRES_START_FAILED, FOLDER_IN_USE, FOLDER_UNWRITABLE, PORT_IN_USE
 */
export const startEmbeddedDatabases = async (context: Context): Promise<EmbeddedDatabases> => {
  const { config, folder, group, report } = context
  const numbers = Array.from({ length: config.shards }, (_, index) => index + 1)
  const leftOut = await leaveOutShards(folder, config.shards)
  const sets = await Promise.all(numbers.map(shard => launchShard(context, shard)))
  await group.startSets(sets.map(({ services }) => services))
  const topology = (): Topology => shardTopology(sets.map(set => set.databases()))
  for (const owners of await ownersOf(topology())) {
    requireWhole(owners)
    requireDrained(leftOut, owners, config.shards)
  }
  if (leftOut.length > 0) {
    const names = leftOut.map(shardName).join(', ')
    report({ event: 'note', message: `${names}: owns nothing, and is left out; its files stay` })
  }
  return {
    topology,
    emptyShards: async () => {
      const names = numbers.map(shardName)
      const all = await ownersOf(topology())
      return names.filter(name => all.some(({ buckets }) => buckets[name] === undefined))
    },
  }
}
