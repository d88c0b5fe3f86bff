import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { median } from '../support/report.ts'
import type { Films } from './films.ts'
import type { Order } from './read-process.ts'
import { interleave, type CaseResult } from './result.ts'

const script = fileURLToPath(new URL('read-process.ts', import.meta.url))

const startSide = async (side: 'plain' | 'routed', url: string): Promise<ChildProcess> => {
  const child = fork(script, [side, url])
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`the ${side} side ended before it was ready`)
    }),
  ])
  return child
}

/** @returns CPU of that process for each read, in µs */
const measureOn = async (child: ChildProcess, order: Order): Promise<number> => {
  const answered = once(child, 'message')
  child.send(order)
  const [{ microseconds, problem }] = (await answered) as [{ microseconds?: number; problem?: string }]
  if (microseconds === undefined) throw new Error(problem)
  return microseconds
}

const readsOf = (quick: boolean) =>
  [
    { name: 'em.findOne by id', count: quick ? 300 : 600 },
    { name: 'em.find of 20', count: quick ? 100 : 200 },
  ] as const

/** What the routing adds to a read of one database, in CPU of the client. */
export const routingCost = async ({ url, ids }: Films, quick: boolean): Promise<CaseResult> => {
  const plain = await startSide('plain', url)
  const routed = await startSide('routed', url)
  const rows: Record<string, string | number>[] = []
  const bars: CaseResult['bars'][number][] = []
  try {
    for (const read of readsOf(quick)) {
      const run = (child: ChildProcess) => (): Promise<number> => measureOn(child, { ...read, ids })
      // The compiler of JavaScript comes first.
      await interleave(8, run(plain), run(routed))
      const figures = await interleave(quick ? 12 : 40, run(plain), run(routed))
      const more = (median(figures.map(({ one, other }) => other / one)) - 1) * 100
      rows.push({
        read: read.name,
        'plain MikroORM, µs': Math.round(median(figures.map(({ one }) => one))),
        'routed, µs': Math.round(median(figures.map(({ other }) => other))),
        'more, %': more.toFixed(1),
      })
      bars.push({
        bar: `routing over plain MikroORM, one database, ${read.name}: CPU`,
        value: more,
        unit: '%',
        least: 5,
        aim: 2,
      })
    }
  } finally {
    plain.disconnect()
    routed.disconnect()
  }
  return { title: 'CPU of one read, routed and not', rows, bars }
}
