import { sqlRows, type ShardedDatabase } from '@marquee/data'
import { writeByShard } from '../shards/write-by-shard.ts'
import type { Claim, Outcome } from './directory.ts'

/**
 * What became of claims, by what their owners' profiles say. A claim whose owner's shard cannot say is not in the answer.
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
         from unnest((select hold_keys($1::text[]))::uuid[]) with ordinality as owner (id, number)
           left join profile on profile.id = owner.id`,
        [some.map(({ ownerId }) => ownerId)],
      )
      return found.map(({ number, handle }): Outcome => {
        const claim = some[number - 1] as Claim
        return { claim, isUsed: claim.handle === handle }
      })
    },
  )
  return rows
}
