import { setTimeout as after } from 'node:timers/promises'
import { makeSlot, slotOf } from './slots.ts'
import type { PostgresServer } from './start-server.ts'
import { withClient } from '../with-client.ts'

const answerMs = 2000

type Heard = Readonly<{ streaming: boolean; bytes: string }>

/**
 * How far a replica is whose writer has ended, in bytes of WAL that it has on disk. It waits until nothing more arrives:
 * what is still in the socket may be more than another has.
 * @throws when it does not answer, or goes on receiving, for 2 s
 */
export const finalPosition = (server: PostgresServer): Promise<bigint> =>
  withClient(
    server.url('postgres'),
    async client => {
      const giveUpAt = performance.now() + answerMs
      for (;;) {
        const { rows } = await client.query<Heard>(
          `select exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming,
           pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')::text as bytes`,
        )
        const [heard] = rows
        if (heard?.streaming === false) return BigInt(heard.bytes)
        if (performance.now() > giveUpAt) throw new Error('it still receives')
        await after(10)
      }
    },
    answerMs,
  )

/** Makes room for those that will follow: must be done before there is anything to miss. */
export const makeSlots = (server: PostgresServer, replicas: readonly string[]): Promise<void> =>
  withClient(server.url('postgres'), async client => {
    for (const name of replicas) await makeSlot(client, slotOf(name))
  })

/** Makes a replica the writer. @returns its new timeline @throws when it ends meanwhile; then its data says what it is */
export const promote = (server: PostgresServer): Promise<number> =>
  withClient(
    server.url('postgres'),
    async client => {
      await client.query('select pg_promote(wait => false)')
      for (;;) {
        const { rows } = await client.query<{ timeline: number | null }>(
          `select case when not pg_is_in_recovery()
           then ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline`,
        )
        const timeline = rows[0]?.timeline ?? null
        if (timeline !== null) return timeline
        await after(5)
      }
    },
    0,
  )
