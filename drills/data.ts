import { setTimeout as sleep } from 'node:timers/promises'
import { benchOptions, report } from '../bench/support/report.ts'
import { runPlatform, until, type Platform } from './support/run-platform.ts'
import { connectToWriter, writeLoad } from './support/write-load.ts'

// The data layer under faults. First part: `kill -9` of the writer under a writing load, with two replicas.

const options = benchOptions(
  'data',
  'Writers are killed under load: is anything lost, how long do writes stall?',
  {},
  'drill',
)

const kills = options.quick ? 4 : 20
const connections = 8

const countOf = ({ events }: Platform, name: string): number =>
  events.filter(({ event }) => event === name).length

/** Both replicas are there, and commits wait for one of them. */
const isWhole = async (servers: readonly string[]): Promise<boolean> => {
  const client = await connectToWriter(servers)
  try {
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_replication where state = 'streaming' and sync_state = 'quorum'`,
    )
    return rows[0]?.n === 2
  } catch {
    return false
  } finally {
    void client.end().catch(() => undefined)
  }
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(values.length * share) - 1] ?? Number.NaN

const platform = await runPlatform(['--replicas', '2', '--only', 'auth', '--no-import'])
try {
  const servers = await platform.serversOf('users')
  const load = await writeLoad(servers, connections)
  const stalls: number[] = []
  let writer = 'postgres'
  for (let kill = 1; kill <= kills; kill += 1) {
    await until('a whole replica set', () => isWhole(servers))
    // At any moment of a second, also while it is still being looked after.
    await sleep(Math.random() * 1000)
    load.longestStallMs()
    const [failovers, restarts] = [countOf(platform, 'database-failover'), countOf(platform, 'service-ready')]
    process.kill(platform.pidOf(writer), 'SIGKILL')
    await until('the old writer, back', () => countOf(platform, 'service-ready') > restarts)
    await sleep(500)
    const stallMs = load.longestStallMs()
    stalls.push(stallMs)
    const isFailover = countOf(platform, 'database-failover') > failovers
    const last = platform.events.findLast(({ event }) => event === 'database-failover')
    if (isFailover) writer = String(last?.['to'])
    console.log(
      `kill ${kill}: ${isFailover ? `${writer} took over in ${String(last?.['tookMs'])} ms` : `${writer} was started again`}, writes stalled ${Math.round(stallMs)} ms, ${load.acknowledged()} acknowledged`,
    )
  }
  const failovers = countOf(platform, 'database-failover')
  const acknowledged = load.acknowledged()
  const lost = await load.finish()
  console.log(`${kills} kills, ${failovers} failovers, ${acknowledged} acknowledged writes`)
  await report(
    'data',
    [
      {
        bar: `acknowledged writes lost over ${kills} kills of the writer`,
        value: lost,
        unit: 'writes',
        least: 0,
        aim: 0,
      },
      {
        bar: 'stall of writes when the writer is killed, p99',
        value: Math.round(percentile(stalls, 0.99)),
        unit: 'ms',
        least: 2000,
        aim: 1000,
      },
    ],
    options,
  )
} finally {
  await platform.stop()
}
