import type { EntityManager } from '@mikro-orm/postgresql'
import type { Log } from '../log.ts'
import { sqlRows } from '../sql-rows.ts'
import { planPartitions, type PartitionPolicy, type PartitionStep } from './plan-partitions.ts'
import { readPartitions } from './read-partitions.ts'

// "partitio" in ASCII, cut to 31 bits.
const lock = 0x70617274

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
  const steps = async (): Promise<readonly PartitionStep[]> =>
    (await readPartitions(fork())).flatMap(table => planPartitions(table, policy, now))
  if ((await steps()).length === 0) return []
  return fork().transactional(async em => {
    // Held on this connection while the steps run on others: they are no part of a transaction.
    const [row] = await sqlRows<{ got: boolean }>(em, 'select pg_try_advisory_xact_lock($1) as got', [lock])
    if (row?.got !== true) return []
    const done: PartitionStep[] = []
    for (const step of await steps()) {
      for (const statement of step.statements) await sqlRows(fork(), statement)
      log.info({ table: step.table, partition: step.partition }, `partition: ${step.kind}`)
      done.push(step)
    }
    return done
  })
}
