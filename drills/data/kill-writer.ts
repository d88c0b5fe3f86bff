import { setTimeout as sleep } from 'node:timers/promises'
import { lostWrites, writeLoad } from '@marquee/data/testing'
import type { Bar } from '../../bench/support/report.ts'
import { findWriter, isWhole } from '../support/find-writer.ts'
import { runPlatform, until, type Platform } from '../support/run-platform.ts'

const connections = 8

const countOf = ({ events }: Platform, name: string): number =>
  events.filter(({ event }) => event === name).length

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(values.length * share) - 1] ?? Number.NaN

/** `kill -9` of the writer under a writing load, with two replicas: is anything lost, how long do writes stall? */
export const killWriter = async (quick: boolean): Promise<readonly Bar[]> => {
  const kills = quick ? 4 : 20
  const platform = await runPlatform(['--replicas', '2', '--only', 'auth', '--no-import'])
  try {
    const servers = await platform.serversOf('users')
    const load = writeLoad(() => findWriter(servers), connections)
    const stalls: number[] = []
    let writer = 'postgres'
    for (let kill = 1; kill <= kills; kill += 1) {
      await until('a whole replica set', () => isWhole(servers))
      // At any moment of a second, also while it is still being looked after.
      await sleep(Math.random() * 1000)
      load.longestStallMs()
      const [failovers, restarts] = [
        countOf(platform, 'database-failover'),
        countOf(platform, 'service-ready'),
      ]
      process.kill(platform.pidOf(writer), 'SIGKILL')
      await until('the old writer, back', () => countOf(platform, 'service-ready') > restarts)
      await sleep(500)
      const stallMs = load.longestStallMs()
      stalls.push(stallMs)
      const isFailover = countOf(platform, 'database-failover') > failovers
      const last = platform.events.findLast(({ event }) => event === 'database-failover')
      if (isFailover) writer = String(last?.['to'])
      console.log(
        `kill ${kill}: ${isFailover ? `${writer} took over in ${String(last?.['tookMs'])} ms` : `${writer} was started again`}, writes stalled ${Math.round(stallMs)} ms, ${load.acknowledged.length} acknowledged`,
      )
    }
    await load.stop()
    const lost = await lostWrites(await findWriter(servers), load.acknowledged)
    console.log(
      `${kills} kills, ${countOf(platform, 'database-failover')} failovers, ${load.acknowledged.length} acknowledged writes`,
    )
    return [
      {
        bar: `acknowledged writes lost over ${kills} kills of the writer`,
        value: lost.length,
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
    ]
  } finally {
    await platform.stop()
  }
}
