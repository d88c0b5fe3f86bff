import { setTimeout as delay } from 'node:timers/promises'
import { databaseStatus, type DatabaseStatus, type ServerStatus } from '@marquee/data'
import { bytes } from '../terminal/bytes.ts'
import { table } from '../terminal/table.ts'
import { findDatabases } from './topology.ts'

export type DbStatusFlags = Readonly<{ data?: string; watch?: boolean; json?: boolean }>

const watchMs = 1000
const head = ['database', 'server', 'role', 'state', 'timeline', 'lag', 'connections', 'size', 'commits']
const shardHead = ['buckets', 'map']
const clearScreen = '\u001B[H\u001B[2J'

const lagOf = ({ role, lagBytes, lagMs }: ServerStatus): string => {
  if (role !== 'replica') return ''
  return [lagBytes === null ? '?' : bytes(lagBytes), ...(lagMs === null ? [] : [`${lagMs} ms`])].join(', ')
}

const rowOf = (server: ServerStatus, database: string): readonly string[] => [
  database,
  server.name === null ? server.address : `${server.name} ${server.address}`,
  server.role ?? '?',
  server.state,
  String(server.timeline ?? ''),
  lagOf(server),
  server.connections === null ? '' : `${server.connections} of ${server.maxConnections ?? '?'}`,
  server.sizeBytes === null ? '' : bytes(server.sizeBytes),
  server.sync ?? '',
]

const mostRanges = 4

const shorten = (ranges: string): string => {
  const all = ranges.split(', ')
  return all.length > mostRanges ? `${all.slice(0, mostRanges).join(', ')}, …` : ranges
}

const heldBy = ({ shard }: DatabaseStatus): readonly string[] =>
  shard === null
    ? ['', '']
    : [shard.buckets === 0 ? '0' : `${shard.buckets} (${shorten(shard.ranges)})`, `v${shard.mapVersion}`]

const print = (databases: readonly DatabaseStatus[]): string => {
  const hasShards = databases.some(({ shard }) => shard !== null)
  const rows = databases.flatMap(database =>
    database.servers.map((server, index) => [
      ...rowOf(server, index === 0 ? database.name : ''),
      ...(hasShards && index === 0 ? heldBy(database) : []),
    ]),
  )
  const problems = databases.flatMap(({ name, problems: some }) =>
    some.map(problem => `! ${name}: ${problem}`),
  )
  return [table(hasShards ? [...head, ...shardHead] : head, rows), ...problems].join('\n')
}

const show = (databases: readonly DatabaseStatus[], { json, watch }: DbStatusFlags): boolean => {
  const ok = databases.every(({ problems }) => problems.length === 0)
  if (json === true) {
    console.log(JSON.stringify({ event: 'db-status', at: new Date().toISOString(), ok, databases }))
  } else console.log(`${watch === true && process.stdout.isTTY ? clearScreen : ''}${print(databases)}`)
  return ok
}

/**
 * Prints how the servers are, once or until Ctrl-C.
 * @returns the exit code: 1 when something was not well the last time
 * @throws NOT_RUNNING when there are no databases to be found
 */
export const runDbStatus = async (flags: DbStatusFlags): Promise<number> => {
  const stop = new AbortController()
  if (flags.watch === true) process.once('SIGINT', () => stop.abort())
  const where = await findDatabases(flags, process.env)
  for (;;) {
    // Read again each time: after a failover, another one is the writer.
    const { databases } = await where.dataConfig()
    const ok = show(await databaseStatus(databases), flags)
    if (flags.watch === true) {
      await delay(watchMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
    if (flags.watch !== true || stop.signal.aborted) return ok ? 0 : 1
  }
}
