import pg from 'pg'
import { clientConfigOf } from '../server-address.ts'
import type { MigrationTarget } from './migration-session.ts'

/** Who holds what a migration waits for. */
export type Blocker = Readonly<{
  pid: number
  application: string
  state: string
  query: string
  /** Since its transaction began. */
  ageMs: number
}>

const question = `select pid, application_name as application, coalesce(state, backend_type) as state, query,
    (extract(epoch from clock_timestamp() - coalesce(xact_start, backend_start)) * 1000)::float8 as "ageMs"
  from pg_stat_activity where pid = any(pg_blocking_pids($1)) order by xact_start nulls last`

const longestText = 200

/** In words: who, what, and for how long. */
export const printBlocker = ({ pid, application, state, query, ageMs }: Blocker): string => {
  const text = query.replaceAll(/\s+/g, ' ').trim()
  const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text
  const who = application === '' ? '' : ` (${application})`
  return `process ${pid}${who} holds it, ${state} for ${(ageMs / 1000).toFixed(1)} s, last statement: ${shown}`
}

export type BlockerWatch = Readonly<{
  /** Who blocked the session when it was last seen blocked. */
  last: () => Blocker | undefined
  stop: () => Promise<void>
}>

/**
 * Looks from a connection of its own who blocks a session: once its wait is over, nobody can tell any more.
 * @param seen  told of each blocker once
 */
export const watchBlockers = async (
  target: MigrationTarget,
  pid: number,
  everyMs: number,
  seen: (blocker: Blocker) => void = () => undefined,
): Promise<BlockerWatch> => {
  const client = new pg.Client({
    ...clientConfigOf(target),
    application_name: 'marquee-migrate-watch',
    connectionTimeoutMillis: 5000,
    query_timeout: 5000,
  })
  client.on('error', () => undefined)
  await client.connect()
  let last: Blocker | undefined
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    const { rows } = await client.query<Blocker>(question, [pid])
    const [blocker] = rows
    if (blocker === undefined) return
    const isNew = last?.pid !== blocker.pid
    last = blocker
    if (isNew) seen(blocker)
  }
  const timer = setInterval(() => {
    asking ??= ask()
      .catch(() => undefined)
      .finally(() => (asking = undefined))
  }, everyMs)
  return {
    last: () => last,
    stop: async () => {
      clearInterval(timer)
      await asking
      await client.end().catch(() => undefined)
    },
  }
}
