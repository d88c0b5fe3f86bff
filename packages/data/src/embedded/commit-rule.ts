import { setTimeout as after } from 'node:timers/promises'
import type pg from 'pg'
import type { Settings } from './settings.ts'
import type { PostgresServer } from './start-server.ts'
import { withClient } from '../with-client.ts'

const timeoutMs = 30_000

const ruleOf = (replicas: readonly string[]): string =>
  replicas.length === 0 ? '' : `ANY 1 (${replicas.map(name => `"${name}"`).join(', ')})`

/** Settings of a writer whose commits wait until one of `replicas` has them on disk; none: they do not wait. */
export const writerSettings = (name: string, replicas: readonly string[]): Settings => ({
  cluster_name: name,
  synchronous_standby_names: ruleOf(replicas),
})

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${timeoutMs / 1000} s`)
    await after(20)
  }
}

const valueOf = async <T>(client: pg.Client, sql: string, values: unknown[] = []): Promise<T | undefined> =>
  (await client.query<{ value: T }>(sql, values)).rows[0]?.value

/**
 * Changes which replicas commits wait for, and waits until that is safe to build on: from then on, the most advanced of
 * `replicas` has every transaction that was acknowledged, before the change too.
 */
export const applyCommitRule = async (
  writer: PostgresServer,
  name: string,
  replicas: readonly string[],
): Promise<void> => {
  const url = writer.url('postgres')
  const settings = writerSettings(name, replicas)
  await writer.reconfigure(settings)
  // A new connection sees what the postmaster has read.
  await until('the commit rule', () =>
    withClient(url, async client => {
      const value = await valueOf<string>(
        client,
        `select current_setting('synchronous_standby_names') as value`,
      )
      return value === settings['synchronous_standby_names']
    }),
  )
  if (replicas.length === 0) return
  await withClient(
    url,
    async client => {
      // It is the checkpointer that tells the backends to wait, once it has read the settings: it has when it is through.
      await client.query('checkpoint')
      const lsn = await valueOf<string>(client, 'select pg_current_wal_lsn()::text as value')
      await until('a replica that has everything', async () => {
        const sql = `select true as value from pg_stat_replication
          where application_name = any($1) and flush_lsn >= $2::pg_lsn limit 1`
        return (await valueOf<boolean>(client, sql, [replicas, lsn])) === true
      })
    },
    timeoutMs * 2,
  )
}
