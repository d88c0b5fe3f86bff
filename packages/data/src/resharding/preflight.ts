import { compareTables, shardedTables, type ShardedTable } from './sharded-tables.ts'
import type { ShardConnection } from './shard-connection.ts'

/** One of its own, and one for each of the two tables that are copied at a time. */
const slotsOfAMove = 3

type Readiness = Readonly<{
  wal_level: string
  free_slots: number
  free_senders: number
  free_origins: number
  workers: number
  free_workers: number
  may_replicate: boolean
  may_subscribe: boolean
  may_skip_triggers: boolean
  is_read_only: boolean
}>

const question = `
  with my as (select * from pg_roles where rolname = current_user)
  select current_setting('wal_level') as wal_level,
    (current_setting('max_replication_slots')::int - (select count(*) from pg_replication_slots))::int as free_slots,
    (current_setting('max_wal_senders')::int - (select count(*) from pg_stat_activity where backend_type = 'walsender'))::int
      as free_senders,
    (coalesce(current_setting('max_active_replication_origins', true), current_setting('max_replication_slots'))::int
      - (select count(*) from pg_replication_origin))::int as free_origins,
    current_setting('max_logical_replication_workers')::int as workers,
    (current_setting('max_logical_replication_workers')::int
      - (select count(*) from pg_stat_activity where backend_type ~ '^logical replication .*worker'))::int as free_workers,
    (select rolsuper or rolreplication from my) as may_replicate,
    (select rolsuper or pg_has_role(rolname, 'pg_create_subscription', 'member') from my) as may_subscribe,
    (select rolsuper or has_parameter_privilege(rolname, 'session_replication_role', 'set') from my) as may_skip_triggers,
    current_setting('default_transaction_read_only') = 'on' as is_read_only`

const look = async (shard: ShardConnection): Promise<Readiness> => {
  const [row] = await shard.rows<Readiness>(question)
  return row as Readiness
}

const sourceProblems = (name: string, ready: Readiness): readonly string[] => [
  ...(ready.wal_level === 'logical'
    ? []
    : [`wal_level is ${ready.wal_level} on "${name}": set it to logical and restart that server`]),
  ...(ready.free_slots >= slotsOfAMove
    ? []
    : [
        `"${name}" has ${ready.free_slots} replication slots free, and a move needs ${slotsOfAMove}: raise max_replication_slots`,
      ]),
  ...(ready.free_senders >= slotsOfAMove
    ? []
    : [
        `"${name}" has ${ready.free_senders} WAL senders free, and a move needs ${slotsOfAMove}: raise max_wal_senders`,
      ]),
  ...(ready.may_replicate
    ? []
    : [`the user has no right to replicate on "${name}": \`alter role … replication\``]),
  ...(ready.may_skip_triggers
    ? []
    : [
        `the user may not set session_replication_role on "${name}": \`grant set on parameter session_replication_role to …\``,
      ]),
]

const targetProblems = (name: string, ready: Readiness): readonly string[] => [
  ...(ready.free_origins >= slotsOfAMove
    ? []
    : [
        `"${name}" can follow ${ready.free_origins} more sources, and a move needs ${slotsOfAMove}: raise max_active_replication_origins`,
      ]),
  ...(ready.free_workers >= slotsOfAMove
    ? []
    : [
        `"${name}" has ${ready.free_workers} of ${ready.workers} replication workers free, and a move needs ${slotsOfAMove}: raise max_logical_replication_workers`,
      ]),
  ...(ready.may_subscribe
    ? []
    : [`the user may not subscribe on "${name}": \`grant pg_create_subscription to …\``]),
  ...(ready.may_skip_triggers
    ? []
    : [
        `the user may not set session_replication_role on "${name}": \`grant set on parameter session_replication_role to …\``,
      ]),
  ...(ready.is_read_only ? [`"${name}" is set to read only`] : []),
]

const probeName = 'marquee_move_probe'

/** Whether the target reaches the source: subscribes, which connects, and takes it back. */
const probe = async (source: ShardConnection, target: ShardConnection): Promise<readonly string[]> => {
  const url = (await source.url()).replaceAll("'", "''")
  const enough = new Error('never committed')
  try {
    await target.transaction(async run => {
      await run(
        `create subscription ${probeName} connection '${url}' publication ${probeName}
         with (create_slot = false, slot_name = none, enabled = false, copy_data = false)`,
      )
      throw enough
    }, 15_000)
  } catch (error) {
    if (error === enough) return []
    // It quotes no address: libpq names host and port only.
    return [`"${target.name}" cannot subscribe to "${source.name}": ${(error as Error).message.trim()}`]
  }
  return []
}

const leftovers = async (
  target: ShardConnection,
  tables: readonly ShardedTable[],
  buckets: readonly number[],
): Promise<readonly string[]> => {
  const found: string[] = []
  for (const { name } of tables) {
    const [row] = await target.rows<{ is: boolean }>(
      `select exists (select from ${name} where bucket = any($1)) as is`,
      [buckets],
    )
    if (row?.is === true)
      found.push(
        `${name} on "${target.name}" holds rows of these buckets, which nobody moved there: look at them, then delete them`,
      )
  }
  return found
}

/**
 * Looks for all that would keep a move from going through. Changes nothing.
 * @returns the tables that would move, and what is in the way
 */
export const preflight = async (
  source: ShardConnection,
  target: ShardConnection,
  buckets: readonly number[],
): Promise<Readonly<{ tables: readonly ShardedTable[]; problems: readonly string[] }>> => {
  const [from, into] = await Promise.all([look(source), look(target)])
  const [tables, there] = await Promise.all([shardedTables(source), shardedTables(target)])
  const problems = [
    ...sourceProblems(source.name, from),
    ...targetProblems(target.name, into),
    ...compareTables(tables, there),
  ]
  // The rest can only be asked where these hold.
  if (problems.length > 0) return { tables, problems }
  return {
    tables,
    problems: [...(await probe(source, target)), ...(await leftovers(target, tables, buckets))],
  }
}
