import { labelOf, socketTo, type ServerTarget } from '../routing/resolve-servers.ts'
import { withClient } from '../with-client.ts'

/** One server of one database, as it says itself. What is not known is null. */
export type ServerStatus = Readonly<{
  /** `host:port`. */
  address: string
  /** What the cluster calls it. */
  name: string | null
  role: 'writer' | 'replica' | null
  /** A writer is `ok`; a replica is as its WAL receiver is, or `not streaming`. */
  state: string
  /** Why it is `unreachable`. */
  reason: string | null
  timeline: number | null
  /** Behind the writer, in bytes of WAL and in time since the last transaction it replayed. */
  lagBytes: number | null
  lagMs: number | null
  /** To this database, without the one that asks, and how many its server takes in all. */
  connections: number | null
  maxConnections: number | null
  sizeBytes: number | null
  /** What the writer's commits make of a replica: `async`, `quorum`, `sync`, `potential`. */
  sync: string | null
  /** Whether its log is archived; null when that is not wanted. */
  archive: 'ok' | 'failing' | null
}>

/** A server and what its status is put together from. */
export type Heard = Readonly<{
  status: ServerStatus
  /** Position in the WAL: written, or replayed. */
  position: bigint | null
  /** By application_name: how a writer treats those that it streams to. */
  streams: Readonly<Record<string, string>>
}>

type Row = Readonly<{
  is_replica: boolean
  name: string
  receiver: string | null
  is_current: boolean | null
  timeline: number | null
  position: string | null
  lag_ms: number | null
  connections: number
  max_connections: number
  size: string
  archive: ServerStatus['archive']
  streams: Readonly<Record<string, string>> | null
}>

// In one statement, so that what belongs together is of one moment. A function that a role refuses stands in no branch
// that this role runs.
const question = `
  with receiver as (select * from pg_stat_wal_receiver limit 1),
  at as (
    select pg_is_in_recovery() as is_replica,
      case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn,
      case when pg_is_in_recovery() then pg_last_wal_receive_lsn() end as received
  )
  select at.is_replica,
    coalesce(substring((select conninfo from receiver) from 'application_name=''?([^ '']+)'),
      nullif(current_setting('cluster_name'), ''), '') as name,
    (select status from receiver) as receiver,
    at.lsn >= at.received as is_current,
    case when at.is_replica then coalesce((select received_tli from receiver), (pg_control_checkpoint()).timeline_id)
      else ('x' || substr(pg_walfile_name(at.lsn), 1, 8))::bit(32)::int end as timeline,
    pg_wal_lsn_diff(at.lsn, '0/0')::text as position,
    (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::float8 as lag_ms,
    (select numbackends - 1 from pg_stat_database where datname = current_database()) as connections,
    current_setting('max_connections')::int as max_connections,
    pg_database_size(current_database())::text as size,
    (select case when current_setting('archive_mode') = 'off' then null
      when last_failed_time > coalesce(last_archived_time, '-infinity') then 'failing' else 'ok' end
      from pg_stat_archiver) as archive,
    (select json_object_agg(application_name, coalesce(sync_state, 'async')) from pg_stat_replication
      where application_name <> '') as streams
  from at`

const unknown = {
  name: null,
  role: null,
  timeline: null,
  lagBytes: null,
  lagMs: null,
  connections: null,
  maxConnections: null,
  sizeBytes: null,
  sync: null,
  archive: null,
} as const

/** Never the address: it holds the password. */
const reasonOf = (error: unknown): string => {
  const { message, code } = error as NodeJS.ErrnoException
  return (message === '' ? code : message) ?? 'it cannot be reached'
}

const heardFrom = (address: string, row: Row): Heard => {
  // A replica that has replayed all it got, and still gets, is as late as the way to it: nothing to speak of.
  const isCurrent = row.is_current === true && row.receiver === 'streaming'
  const status: ServerStatus = {
    ...unknown,
    address,
    name: row.name === '' ? null : row.name,
    role: row.is_replica ? 'replica' : 'writer',
    state: row.is_replica ? (row.receiver ?? 'not streaming') : 'ok',
    reason: null,
    timeline: row.timeline,
    lagMs: row.is_replica ? (isCurrent ? 0 : row.lag_ms === null ? null : Math.round(row.lag_ms)) : null,
    connections: row.connections,
    maxConnections: row.max_connections,
    sizeBytes: Number(row.size),
    archive: row.archive,
  }
  return { status, position: row.position === null ? null : BigInt(row.position), streams: row.streams ?? {} }
}

/** Asks one server about one database. Never rejects: one that cannot be asked is `unreachable`, with the reason. */
export const askServer = async (target: ServerTarget, timeoutMs: number): Promise<Heard> => {
  const address = labelOf(target)
  try {
    const row = await withClient(
      target.url,
      async client => (await client.query<Row>(question)).rows[0],
      timeoutMs,
      socketTo(target.address),
    )
    if (row === undefined) throw new Error('it gave no answer')
    return heardFrom(address, row)
  } catch (error) {
    const status = { ...unknown, address, state: 'unreachable', reason: reasonOf(error) }
    return { status, position: null, streams: {} }
  }
}
