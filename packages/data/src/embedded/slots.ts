import type pg from 'pg'

const prefix = 'marquee_'

/** The name of the slot that keeps WAL for a replica. */
export const slotOf = (replica: string): string =>
  `${prefix}${replica.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`

/**
 * Makes the slot of a replica, reserving WAL from now on.
 * @returns false when it was there and holds what its replica still needs
 */
export const makeSlot = async (client: pg.Client, slot: string): Promise<boolean> => {
  const { rows } = await client.query<{ lost: boolean }>(
    `select wal_status is null or wal_status = 'lost' as lost from pg_replication_slots where slot_name = $1`,
    [slot],
  )
  const [found] = rows
  if (found !== undefined && !found.lost) return false
  if (found !== undefined) await client.query('select pg_drop_replication_slot($1)', [slot])
  await client.query('select pg_create_physical_replication_slot($1, immediately_reserve => true)', [slot])
  return true
}

/** Drops the slots of replicas that are none any more: else the server keeps WAL for them. */
export const dropSlotsBut = async (client: pg.Client, wanted: readonly string[]): Promise<void> => {
  await client.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots
     where slot_type = 'physical' and not active and starts_with(slot_name, $1) and not slot_name = any($2)`,
    [prefix, wanted],
  )
}
