import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'

const everyMs = 60_000
const maxRows = 500

/**
 * Deletes what has expired on the shard of an account, a bounded number of rows at a time. Rows that others hold are left
 * for the next time; so are those that the shard has only because they are moved.
 */
export const sweepSessions = (database: ShardedDatabase, accountId: string): Promise<void> =>
  database.transaction(accountId, async em => {
    const map = database.map()
    const buckets = map.bucketsOf(map.shardOf(bucketOf(accountId)))
    // Sessions first: their tokens go with them.
    for (const [table, key] of [
      ['session', 'id'],
      ['refresh_token', 'hash'],
    ]) {
      await sqlRows(
        em,
        `delete from ${table} where (${key}, bucket) in
           (select ${key}, bucket from ${table} where expires_at < now() and bucket = any($2::smallint[])
            order by expires_at limit $1 for update skip locked)`,
        [maxRows, buckets],
      )
    }
  })

/**
 * Sweeps on the way of a refresh, the shard that it is on anyway, at most once a minute in one process: refreshes are what
 * makes rows, so there is nothing to sweep without them, and no timer that somebody must end.
 */
export const sessionSweeper = (
  database: ShardedDatabase,
): ((accountId: string, onFailure: (error: unknown) => void) => Promise<void>) => {
  const nextMs = new Map<string, number>()
  return async (accountId, onFailure) => {
    const shard = database.map().shardOf(bucketOf(accountId))
    if (Date.now() < (nextMs.get(shard) ?? 0)) return
    nextMs.set(shard, Date.now() + everyMs)
    try {
      await sweepSessions(database, accountId)
    } catch (error) {
      onFailure(error)
    }
  }
}
