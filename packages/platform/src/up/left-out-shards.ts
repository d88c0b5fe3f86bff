import { leaveReplicaSet, type ShardOwners } from '@marquee/data/embedded'
import { MarqueeError } from '@marquee/contract'
import { mostShards } from '../config/platform-config.ts'
import { shardFolder, type DataFolder } from './data-folder.ts'
import { shardName } from './shard-topology.ts'

/**
 * The shards beyond those that are to run which have files. Their servers are ended, should a killed platform have left
 * them behind.
 */
export const leaveOutShards = async (folder: DataFolder, shards: number): Promise<readonly number[]> => {
  const found: number[] = []
  for (let shard = shards + 1; shard <= mostShards; shard += 1) {
    if (await leaveReplicaSet(shardFolder(folder, shard))) found.push(shard)
  }
  return found
}

/**
 * Makes sure that who owns something has data: a folder may have been deleted.
 * @param owners  of one domain
 * @throws SHARD_LOST
 */
export const requireWhole = ({ blank, buckets }: ShardOwners): void => {
  const shard = blank.find(name => buckets[name] !== undefined)
  if (shard !== undefined) throw new MarqueeError('SHARD_LOST', { shard, buckets: buckets[shard] })
}

/**
 * Makes sure that what is left out owns nothing.
 * @param owners  of one domain, as the shards that run have it
 * @throws SHARDS_NEEDED
 */
export const requireDrained = (leftOut: readonly number[], owners: ShardOwners, shards: number): void => {
  if (leftOut.length === 0) return
  const owning = leftOut.map(shardName).filter(name => owners.buckets[name] !== undefined)
  if (owning.length === 0 && !owners.isMoving) return
  const what = owning.map(name => `${name} owns ${owners.buckets[name]} buckets`)
  const reason = what.length > 0 ? what.join(', ') : 'buckets are being moved'
  throw new MarqueeError('SHARDS_NEEDED', { shards, reason })
}
