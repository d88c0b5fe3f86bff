import type { EntityManager } from '@mikro-orm/postgresql'
import { sqlRows } from '../sql-rows.ts'
import { bucketOf } from './bucket-of.ts'
import { fenceState } from './shard-schema.ts'

type MapRow = Readonly<{ bucket: number; shard: string; state: string; own: string }>

/**
 * Keeps the buckets of these owners on this shard until the transaction ends. What is read behind it is true now: a shard
 * that has given a bucket away still has its rows for some seconds, and what finds nothing to change does not meet the
 * fence. What writes for several owners begins with it: they are held in the order of their buckets, as a mover takes them,
 * so that the two never wait for each other.
 * @param owners  any keys of the buckets
 * @throws what the fence throws
 */
export const holdOwners = async (em: EntityManager, owners: readonly string[]): Promise<void> => {
  const rows = await sqlRows<MapRow>(
    em,
    `select m.bucket, m.shard, m.state, s.name as own from marquee.shard_map m, marquee.shard s
     where m.bucket = any($1::smallint[]) order by m.bucket for share of m`,
    [[...new Set(owners.map(bucketOf))]],
  )
  const away = rows.find(({ shard, own, state }) => shard !== own || state !== 'open')
  if (away === undefined) return
  const { bucket, own, state, shard } = away
  const reason = `bucket ${bucket} is not open on shard ${own} (it is ${state}, on shard ${shard})`
  throw Object.assign(new Error(reason), { code: fenceState })
}
