import type pg from 'pg'
import { lsnOffset } from '@marquee/contract'

/** What a server said of itself. */
export type Observation = Readonly<{
  role: 'writer' | 'reader'
  timeline: number
  /** Bytes of log: written by a writer, replayed by a reader. */
  offset: bigint
  /** Somebody told this reader to replay no more. */
  isPaused: boolean
  /** `performance.now()` when it was asked. */
  at: number
}>

type Row = { is_reader: boolean; lsn: string; timeline: number; is_paused: boolean }

/** The timeline that a writer writes; the first eight digits of a log file's name. */
export const writerTimeline = `('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int`

// A reader follows its writer to a new timeline at once; the control file hears of it later, and is what is left when
// the connection to the writer is gone.
const readerTimeline = `greatest(
  (select received_tli from pg_stat_wal_receiver),
  (select min_recovery_end_timeline from pg_control_recovery()),
  (select timeline_id from pg_control_checkpoint()))`

const question = `select
  pg_is_in_recovery() as is_reader,
  (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end)::text as lsn,
  case when pg_is_in_recovery() then ${readerTimeline} else ${writerTimeline} end as timeline,
  case when pg_is_in_recovery() then pg_get_wal_replay_pause_state() <> 'not paused' else false end as is_paused`

/** Asks a server what it is and how far it is. */
export const observe = async (client: pg.Client): Promise<Observation> => {
  const at = performance.now()
  const { rows } = await client.query<Row>(question)
  const [row] = rows
  if (row === undefined) throw new Error('the server says nothing of itself')
  return Object.freeze({
    role: row.is_reader ? 'reader' : 'writer',
    timeline: row.timeline,
    offset: lsnOffset(row.lsn),
    isPaused: row.is_paused,
    at,
  })
}
