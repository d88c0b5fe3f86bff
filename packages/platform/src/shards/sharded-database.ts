import { MarqueeError } from '@marquee/contract'
import { replicaSetsOf } from '@marquee/data'
import type { ReshardingOptions } from '@marquee/data/resharding'
import { findDatabases } from '../tools/topology.ts'

export type ShardsFlags = Readonly<{ data?: string; database?: string; json?: boolean; yes?: boolean }>

export const usage = (command: string, reason: string): MarqueeError =>
  new MarqueeError('USAGE_INVALID', { command: `shards ${command}`, reason })

/**
 * Finds the sharded database that a command shall work on: the one that is named, else the only one there is.
 * @throws USAGE_INVALID when there is none, or several; NOT_RUNNING
 */
export const findShardedDatabase = async (
  flags: ShardsFlags,
  command: string,
): Promise<Omit<ReshardingOptions, 'report' | 'signal'>> => {
  const where = await findDatabases(flags, process.env, `shards ${command}`)
  const { databases, shards, statementTimeoutMs } = await where.dataConfig()
  const names = Object.entries(databases).flatMap(([name, place]) => ('shards' in place ? [name] : []))
  const { database = names.length === 1 ? names[0] : undefined } = flags
  if (names.length === 0) throw usage(command, 'no database has shards; docs/data.md says how one gets them')
  if (database === undefined)
    throw usage(command, `name one of the sharded databases with \`--database\`: ${names.join(', ')}`)
  const place = databases[database]
  if (place === undefined || !names.includes(database))
    throw usage(command, `"${database}" is no sharded database; there is ${names.join(', ')}`)
  return {
    shards: replicaSetsOf(database, place).map(({ shard, writer, readers }) => ({
      database,
      name: shard ?? database,
      urls: [...new Set([writer, ...readers])],
    })),
    refreshMs: shards.refreshMs,
    fenceWaitMs: shards.fenceWaitMs,
    statementTimeoutMs,
  }
}
