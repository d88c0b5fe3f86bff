import type { EntityManager } from '@mikro-orm/postgresql'
import type { Log } from '../log.ts'
import { sqlRows } from '../sql-rows.ts'
import { planPartitions, type PartitionPolicy, type PartitionStep } from './plan-partitions.ts'
import { readPartitions, type Ask } from './read-partitions.ts'

// "partitio" in ASCII, cut to 31 bits.
const lock = 0x70617274

/** What is to be done in a database now. */
export const partitionSteps = async (
  ask: Ask,
  policy: PartitionPolicy,
  now: Date,
): Promise<readonly PartitionStep[]> =>
  (await readPartitions(ask)).flatMap(table => planPartitions(table, policy, now))

/** Does what is to be done. To be called by who holds the lock. @returns what was done */
const takeSteps = async (
  ask: Ask,
  policy: PartitionPolicy,
  log: Log,
  now: Date,
): Promise<readonly PartitionStep[]> => {
  const done: PartitionStep[] = []
  for (const step of await partitionSteps(ask, policy, now)) {
    for (const statement of step.statements) await ask(statement)
    log.info({ table: step.table, partition: step.partition }, `partition: ${step.kind}`)
    done.push(step)
  }
  return done
}

/**
 * Makes the partitions that are missing ahead and retires those that the policy retires. Of several processes that do so
 * at once, one does it; the others leave it to that one.
 * @returns what was done
 */
export const keepPartitions = async (
  fork: () => EntityManager,
  policy: PartitionPolicy,
  log: Log,
  now: Date = new Date(),
): Promise<readonly PartitionStep[]> => {
  const ask: Ask = (sql, params) => sqlRows(fork(), sql, params)
  if ((await partitionSteps(ask, policy, now)).length === 0) return []
  return fork().transactional(async em => {
    // Held on this connection while the steps run on others: they are no part of a transaction.
    const [row] = await sqlRows<{ got: boolean }>(em, 'select pg_try_advisory_xact_lock($1) as got', [lock])
    return row?.got === true ? takeSteps(ask, policy, log, now) : []
  })
}

/**
 * The same over one connection, without the ORM.
 * @returns what was done; undefined when another process is at it
 */
export const keepPartitionsOver = async (
  ask: Ask,
  policy: PartitionPolicy,
  log: Log,
  now: Date = new Date(),
): Promise<readonly PartitionStep[] | undefined> => {
  const [row] = await ask<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [lock])
  if (row?.got !== true) return undefined
  try {
    return await takeSteps(ask, policy, log, now)
  } finally {
    await ask('select pg_advisory_unlock($1)', [lock])
  }
}
