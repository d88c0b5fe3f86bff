import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'
import { writeByShard } from '../shards/write-by-shard.ts'
import type { Claim, Outcome } from './directory.ts'

/**
 * What became of claims, by what their owners' profiles say. Holds the owner's bucket where it is while it looks: a
 * shard that has given the bucket away would answer for a profile of the past. A claim whose owner's bucket is
 * being moved, or whose owner's shard cannot say, is not in the answer.
 */
export const lookAtProfiles = async (
  database: ShardedDatabase,
  claims: readonly Claim[],
): Promise<readonly Outcome[]> => {
  const { rows } = await writeByShard(
    database,
    claims,
    ({ ownerId }) => ownerId,
    async (em, some) => {
      const found = await sqlRows<{ number: number; handle: string | null }>(
        em,
        `select owner.number::int as number, profile.handle
         from unnest($1::uuid[], $2::smallint[]) with ordinality as owner (id, bucket, number)
           join marquee.shard_map map on map.bucket = owner.bucket and map.state = 'open'
             and map.shard = (select name from marquee.shard)
           left join profile on profile.id = owner.id
         for share of map`,
        [some.map(({ ownerId }) => ownerId), some.map(({ ownerId }) => bucketOf(ownerId))],
      )
      return found.map(({ number, handle }): Outcome => {
        const claim = some[number - 1] as Claim
        return { claim, isUsed: claim.handle === handle }
      })
    },
  )
  return rows
}
