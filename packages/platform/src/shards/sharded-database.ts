import { MarqueeError } from '@marquee/contract'
import { replicaSetsOf } from '@marquee/data'
import type { ReshardingOptions } from '@marquee/data/resharding'
import { findDatabases } from '../tools/topology.ts'

export type ShardsFlags = Readonly<{ data?: string; database?: string; json?: boolean; yes?: boolean }>

export const usage = (command: string, reason: string): MarqueeError =>
  new MarqueeError('USAGE_INVALID', { command: `shards ${command}`, reason })

/** A sharded database, as the library of moves is told of it. */
export type FoundDatabase = Readonly<{ database: string }> & Omit<ReshardingOptions, 'report' | 'signal'>

/**
 * Finds the sharded databases that a command shall work on: the one that is named, else all there are.
 * @throws USAGE_INVALID when there is none; NOT_RUNNING
 */
export const findShardedDatabases = async (
  flags: ShardsFlags,
  command: string,
): Promise<readonly FoundDatabase[]> => {
  const where = await findDatabases(flags, process.env, `shards ${command}`)
  const { databases, shards, statementTimeoutMs } = await where.dataConfig()
  const sharded = Object.entries(databases).filter(([, place]) => 'shards' in place)
  const names = sharded.map(([name]) => name)
  if (names.length === 0) throw usage(command, 'no database has shards; docs/data.md says how one gets them')
  if (flags.database !== undefined && !names.includes(flags.database))
    throw usage(command, `"${flags.database}" is no sharded database; there is ${names.join(', ')}`)
  return sharded
    .filter(([name]) => flags.database === undefined || name === flags.database)
    .map(([database, place]) => ({
      database,
      shards: replicaSetsOf(database, place).map(({ shard, writer, readers }) => ({
        database,
        name: shard ?? database,
        urls: [...new Set([writer, ...readers])],
      })),
      refreshMs: shards.refreshMs,
      fenceWaitMs: shards.fenceWaitMs,
      statementTimeoutMs,
    }))
}

/** The same for a command that works on one. @throws USAGE_INVALID when there are several, and none is named */
export const findShardedDatabase = async (flags: ShardsFlags, command: string): Promise<FoundDatabase> => {
  const [found, ...others] = await findShardedDatabases(flags, command)
  if (found !== undefined && others.length === 0) return found
  const names = [found, ...others].map(one => one?.database).join(', ')
  throw usage(command, `name one of the sharded databases with \`--database\`: ${names}`)
}
