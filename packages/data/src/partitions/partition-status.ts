import { openDoctorConnection, type DoctorConnection } from '../doctor/connection.ts'
import { silent } from '../log.ts'
import { keepPartitionsOver, partitionSteps } from './keep-partitions.ts'
import { listPartitions, type PartitionedTable } from './list-partitions.ts'
import { monthsAhead, type PartitionPolicy, type PartitionStep } from './plan-partitions.ts'
import { readPartitions } from './read-partitions.ts'

/** Of a table that is partitioned by month, and so looked after. */
export type MonthlyUpkeep = Readonly<{
  /** How many months after this one have their partition. */
  aheadMonths: number
  /** How many full months are kept before this one; null: all. */
  keepMonths: number | null
  /** What is to be done, which a subgraph does by itself every few hours. */
  steps: readonly PartitionStep[]
}>

export type TablePartitions = PartitionedTable & Readonly<{ monthly: MonthlyUpkeep | null }>

/** The partitioned tables of one database, or one shard. */
export type PartitionStatus = Readonly<{
  database: string
  /** Why they could not be looked at, or not be looked after. */
  problem: string | null
  tables: readonly TablePartitions[]
  /** What was done just now. */
  done: readonly PartitionStep[]
}>

type Place = Readonly<{
  name: string
  /** Every server: which of them is the writer is observed. */
  urls: readonly string[]
  policy: PartitionPolicy
  /** Do what is to be done. */
  apply: boolean
  now?: Date
}>

const openWriter = async (urls: readonly string[], purpose: 'look' | 'mend'): Promise<DoctorConnection> => {
  let failure: unknown = new Error('no server takes writes')
  for (const url of urls) {
    try {
      const connection = await openDoctorConnection(url, purpose)
      const [row] = await connection.rows<{ is: boolean }>('select pg_is_in_recovery() as is')
      if (row?.is === false) return connection
      await connection.close()
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const tablesOf = async (
  { rows: ask }: DoctorConnection,
  policy: PartitionPolicy,
  now: Date,
): Promise<readonly TablePartitions[]> => {
  const [listed, monthly, steps] = [
    await listPartitions(ask),
    await readPartitions(ask),
    await partitionSteps(ask, policy, now),
  ]
  return listed.map(table => {
    const known = monthly.find(one => one.table === table.table)
    const upkeep = known && {
      aheadMonths: monthsAhead(known, now),
      keepMonths: policy.keepMonths[table.table] ?? null,
      steps: steps.filter(step => step.table === table.table),
    }
    return { ...table, monthly: upkeep ?? null }
  })
}

/** Never the address: it holds the password. */
const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message : message
}

/**
 * Looks at the partitions of one database, on its writer; with `apply` it makes and retires first what is to be made and
 * retired. Never rejects: what went wrong is the `problem`.
 */
export const partitionStatus = async (place: Place): Promise<PartitionStatus> => {
  const { name: database, urls, policy, apply, now = new Date() } = place
  let done: readonly PartitionStep[] = []
  let problem: string | null = null
  let connection: DoctorConnection | undefined
  try {
    connection = await openWriter(urls, apply ? 'mend' : 'look')
    if (apply) {
      try {
        const steps = await keepPartitionsOver(connection.rows, policy, silent, now)
        if (steps === undefined) problem = 'another process makes partitions just now'
        done = steps ?? []
      } catch (error) {
        problem = reasonOf(error)
      }
    }
    return { database, problem, tables: await tablesOf(connection, policy, now), done }
  } catch (error) {
    return { database, problem: reasonOf(error), tables: [], done }
  } finally {
    await connection?.close()
  }
}
