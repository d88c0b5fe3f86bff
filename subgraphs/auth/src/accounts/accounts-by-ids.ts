import type { ShardedDatabase } from '@marquee/data'
import { Account, type AccountRow } from '../entities/account.ts'

/** Accounts by UUID, in the order of the ids; null for those that do not exist. One statement a shard. */
export const accountsByIds = (
  database: ShardedDatabase,
  ids: readonly string[],
): Promise<readonly (AccountRow | null | Error)[]> =>
  database.byShard<AccountRow | null>(ids, async (em, some) => {
    const rows = await em.find(Account, { id: { $in: [...some] } })
    const byId = new Map(rows.map(row => [row.id, row]))
    return some.map(id => byId.get(id) ?? null)
  })
