import { quoteName } from '../doctor/quote.ts'
import { bucketFilter } from './bucket-ranges.ts'
import { remaining, type Move } from './move-record.ts'
import type { ShardConnection } from './shard-connection.ts'
import type { ShardedTable } from './sharded-tables.ts'

/** Name of the publication, the slot and the subscription of a move. */
export const channelName = (id: string): string => `marquee_move_${id}`

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

const ensurePublication = async (
  source: ShardConnection,
  move: Move,
  tables: readonly ShardedTable[],
): Promise<void> => {
  const name = channelName(move.id)
  const found = await source.rows('select 1 from pg_publication where pubname = $1', [name])
  if (found.length > 0) return
  const filter = bucketFilter(remaining(move))
  const list = tables.map(table => `table ${table.name} where (${filter})`).join(', ')
  await source.rows(`create publication ${name} for ${list} with (publish_via_partition_root = true)`)
}

/** Made by itself, not by the subscription: that could not be done inside one server, nor again after a crash. */
const ensureSlot = async (source: ShardConnection, move: Move): Promise<void> => {
  const name = channelName(move.id)
  const found = await source.rows('select 1 from pg_replication_slots where slot_name = $1', [name])
  if (found.length === 0)
    await source.rows(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [name], 60_000)
}

/** Null when the target has no subscription of this move. */
export const subscriptionId = async (target: ShardConnection, move: Move): Promise<number | null> => {
  const [found] = await target.rows<{ oid: number }>(
    `select oid::int8 as oid from pg_subscription where subname = $1
       and subdbid = (select oid from pg_database where datname = current_database())`,
    [channelName(move.id)],
  )
  return found?.oid ?? null
}

const ensureSubscription = async (
  source: ShardConnection,
  target: ShardConnection,
  move: Move,
): Promise<number> => {
  const name = channelName(move.id)
  const connection = quoteText(await source.url())
  const found = await subscriptionId(target, move)
  if (found !== null) {
    // The source's writer may be another server than when it was made.
    await target.rows(`alter subscription ${name} connection ${connection}`)
    await target.rows(`alter subscription ${name} enable`)
    return found
  }
  // `synchronous_commit = on`: the source may only forget what the target, and its replicas, have on disk.
  await target.rows(
    `create subscription ${name} connection ${connection} publication ${name}
     with (create_slot = false, slot_name = ${quoteText(name)}, synchronous_commit = 'on', streaming = off)`,
  )
  return (await subscriptionId(target, move)) ?? 0
}

/**
 * Makes the publication, the slot and the subscription, as far as they are missing: copying begins.
 * @returns the id of the subscription
 */
export const startCopying = async (
  source: ShardConnection,
  target: ShardConnection,
  move: Move,
  tables: readonly ShardedTable[],
): Promise<number> => {
  await ensurePublication(source, move, tables)
  await ensureSlot(source, move)
  return ensureSubscription(source, target, move)
}

/** False when the source can no longer give what the target has not got: it failed over, or had no room for the WAL. */
export const isChannelWhole = async (source: ShardConnection, move: Move): Promise<boolean> => {
  const [slot] = await source.rows<{ ok: boolean }>(
    `select wal_status is distinct from 'lost' as ok from pg_replication_slots where slot_name = $1`,
    [channelName(move.id)],
  )
  return slot?.ok === true
}

/** How far copying is. */
export type CopyState = Readonly<{
  /** Every table has been copied, and its changes follow. */
  isCopied: boolean
  /** By table: rows copied so far, or null when it is copied. */
  copied: Readonly<Record<string, number | null>>
  /** WAL of the source that the target has not yet on disk. */
  lagBytes: number
  /** Changes whenever there is progress of any kind. */
  mark: string
}>

export const copyState = async (
  source: ShardConnection,
  target: ShardConnection,
  move: Move,
): Promise<CopyState> => {
  const tables = await target.rows<{ name: string; state: string; rows: number }>(
    `select srrelid::regclass::text as name, srsubstate as state,
       coalesce((select sum(tuples_processed) from pg_stat_progress_copy p
         where p.relid = srrelid and p.datname = current_database() and command = 'COPY FROM'), 0)::int8 as rows
     from pg_subscription_rel where srsubid = (select oid from pg_subscription where subname = $1
       and subdbid = (select oid from pg_database where datname = current_database()))`,
    [channelName(move.id)],
  )
  const [slot] = await source.rows<{ at: string; lag: number }>(
    `select confirmed_flush_lsn::text as at,
       pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::int8 as lag
     from pg_replication_slots where slot_name = $1`,
    [channelName(move.id)],
  )
  return {
    isCopied: tables.length > 0 && tables.every(({ state }) => state === 'r'),
    copied: Object.fromEntries(
      tables.map(({ name, state, rows }) => [name, state === 'i' || state === 'd' ? rows : null]),
    ),
    lagBytes: slot?.lag ?? Number.POSITIVE_INFINITY,
    mark: JSON.stringify([tables, slot?.at]),
  }
}

/** What the target says of its workers, when nothing goes on. */
export const whyStuck = async (target: ShardConnection, move: Move): Promise<string> => {
  const [found] = await target.rows<{ workers: number; errors: number; enabled: boolean }>(
    `select (select count(pid) from pg_stat_subscription where subname = $1)::int as workers,
       (select apply_error_count + sync_error_count from pg_stat_subscription_stats where subname = $1)::int as errors,
       (select bool_and(subenabled) from pg_subscription where subname = $1) as enabled`,
    [channelName(move.id)],
  )
  if (found?.enabled !== true)
    return `the subscription ${channelName(move.id)} on the target is switched off or gone`
  if (found.errors > 0) return `the target refused what it got ${found.errors} times; its log says why`
  if (found.workers === 0)
    return 'the target starts no worker: raise max_logical_replication_workers and max_worker_processes there'
  return 'nothing arrives at the target'
}

/** Takes leave of the source without a word to it: the slot is dropped there by itself. */
export const dropSubscription = async (target: ShardConnection, move: Move): Promise<void> => {
  const name = channelName(move.id)
  if ((await subscriptionId(target, move)) === null) return
  await target.rows(`alter subscription ${name} disable`)
  await target.rows(`alter subscription ${name} set (slot_name = none)`)
  await target.rows(`drop subscription ${name}`)
}

/** Drops the slots of the move (one, and one for each table that was being copied) and its publication. */
export const dropPublication = async (source: ShardConnection, move: Move): Promise<void> => {
  const name = channelName(move.id)
  const ours = `database = current_database() and (slot_name = $1 or starts_with(slot_name, $2))`
  const sync = move.subscription === null ? `${name} ` : `pg_${move.subscription}_sync_`
  await source.rows(
    `select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where active_pid is not null and ${ours}`,
    [name, sync],
  )
  await source.rows(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where ${ours}`, [
    name,
    sync,
  ])
  await source.rows(`drop publication if exists ${quoteName(name)}`)
}
