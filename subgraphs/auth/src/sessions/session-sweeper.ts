import { sqlRows, type Database } from '@marquee/data'

const everyMs = 60_000
const maxRows = 500

/** Deletes what has expired, a bounded number of rows at a time. Rows that others hold are left for the next time. */
export const sweepSessions = (database: Database): Promise<void> =>
  database.transaction(async em => {
    // Sessions first: their tokens go with them.
    await sqlRows(
      em,
      `delete from session where id in
         (select id from session where expires_at < now() order by expires_at limit $1 for update skip locked)`,
      [maxRows],
    )
    await sqlRows(
      em,
      `delete from refresh_token where hash in
         (select hash from refresh_token where expires_at < now() order by expires_at limit $1 for update skip locked)`,
      [maxRows],
    )
  })

/**
 * Sweeps on the way of a refresh, at most once a minute in one process: refreshes are what makes rows, so there is
 * nothing to sweep without them, and no timer that somebody must end.
 */
export const sessionSweeper = (
  database: Database,
): ((onFailure: (error: unknown) => void) => Promise<void>) => {
  let nextMs = 0
  return async onFailure => {
    if (Date.now() < nextMs) return
    nextMs = Date.now() + everyMs
    try {
      await sweepSessions(database)
    } catch (error) {
      onFailure(error)
    }
  }
}
