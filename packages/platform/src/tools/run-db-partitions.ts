import { replicaSetsOf } from '@marquee/data'
import { partitionStatus, type PartitionStatus, type TablePartitions } from '@marquee/data/doctor'
import { bytes } from '../terminal/bytes.ts'
import { table } from '../terminal/table.ts'
import { findDatabases, type WhereFlags } from './topology.ts'

export type DbPartitionsFlags = WhereFlags & Readonly<{ apply?: boolean; json?: boolean }>

type Monthly = NonNullable<TablePartitions['monthly']>

const head = ['partition', 'holds', 'rows', 'size', '']

const months = (count: number): string => `${count} ${count === 1 ? 'month' : 'months'}`

const policyOf = ({ aheadMonths, keepMonths }: Monthly, wanted: number): string => {
  const ahead = aheadMonths < 0 ? 'this month has none' : `${months(aheadMonths)} ahead (of ${wanted})`
  return `${ahead}, ${keepMonths === null ? 'kept for ever' : `${months(keepMonths)} kept`}`
}

const print = ({ database, tables, problem, done }: PartitionStatus, aheadMonths: number): string => {
  const blocks = tables.map(({ table: name, key, partitions, monthly }) => {
    const steps = monthly?.steps ?? []
    const fate = (partition: string): string =>
      steps.some(step => step.kind === 'retire' && step.partition === partition) ? 'to be retired' : ''
    const rows = partitions.map(one => [
      one.name,
      one.bound.replace(/^FOR VALUES /, ''),
      one.rows === null ? '?' : String(one.rows),
      bytes(one.bytes),
      fate(one.name),
    ])
    const missing = steps
      .filter(({ kind }) => kind === 'create')
      .map(({ partition, from }) => [partition, from ?? '', '', '', 'to be made'])
    const policy = monthly === null ? '' : `: ${policyOf(monthly, aheadMonths)}`
    return `${database}  ${name} by ${key}${policy}\n${table(head, [...rows, ...missing]).replaceAll(/^/gm, '  ')}`
  })
  return [
    ...done.map(
      ({ kind, partition }) => `${database}  ${kind === 'create' ? 'made' : 'retired'} ${partition}`,
    ),
    ...(tables.length === 0 && problem === null ? [`${database}  no partitioned table`] : blocks),
    ...(problem === null ? [] : [`! ${database}: ${problem}`]),
  ].join('\n')
}

const isWell = ({ problem, tables }: PartitionStatus): boolean =>
  problem === null &&
  tables.every(({ monthly }) => monthly?.steps.every(({ kind }) => kind !== 'create') ?? true)

/**
 * Prints the partitions of every database; with `--apply` makes and retires first what is due.
 * @returns the exit code: 1 when partitions ahead are missing, or something could not be done
 * @throws NOT_RUNNING, USAGE_INVALID
 */
export const runDbPartitions = async (flags: DbPartitionsFlags): Promise<number> => {
  const where = await findDatabases(flags, process.env, 'db partitions')
  const { databases, partitions: policy } = await where.dataConfig()
  const sets = Object.entries(databases).flatMap(([name, place]) => replicaSetsOf(name, place))
  const apply = flags.apply === true
  const found = await Promise.all(
    sets.map(({ name, writer, readers }) =>
      partitionStatus({ name, urls: [writer, ...readers], policy, apply }),
    ),
  )
  const ok = found.every(isWell)
  if (flags.json === true) {
    console.log(JSON.stringify({ event: 'db-partitions', ok, policy, databases: found }))
  } else console.log(found.map(one => print(one, policy.aheadMonths)).join('\n\n'))
  return ok ? 0 : 1
}
