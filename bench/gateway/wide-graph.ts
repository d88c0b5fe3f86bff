import { join } from 'node:path'
import type { Processes } from '../support/processes.ts'
import { median } from '../support/report.ts'
import { loadWith } from '../support/wrk.ts'
import { isEqual, Lab } from './lab.ts'
import { bodyOf, type Operation } from './operations.ts'
import { startSubgraphs } from './subgraphs/start-subgraphs.ts'
import { wideOperation, wideSchemas } from './subgraphs/wide.ts'
import { marqueeSubject, stock } from './subjects/index.ts'
import type { Subject } from './subjects/subject.ts'

const operation: Operation = { query: wideOperation, variables: { id: 's@n@' } }

const openLab = async (processes: Processes, folder: string, width: number, types: number): Promise<Lab> => {
  const own = join(folder, `wide-${width}`)
  const graph = ['wide', String(width)]
  const subgraphs = await startSubgraphs(processes, graph, wideSchemas(width, types), own)
  return new Lab(processes, subgraphs, own, operation)
}

/** Median time from a process's start to its first good answer, in ms. */
const readyTime = async (lab: Lab, subject: Subject, times: number): Promise<number> => {
  const all: number[] = []
  for (let count = 0; count < times; count += 1) {
    if (count > 0) await lab.stop(subject)
    all.push((await lab.running(subject)).readyMs)
  }
  return median(all)
}

const cpuOf = async (lab: Lab, forMs: number): Promise<number> => {
  const running = await lab.running(marqueeSubject)
  const load = { bodies: [bodyOf(operation)], connections: 50 }
  const window = { fromMs: forMs / 4, forMs, by: 'cpu' } as const
  return (await loadWith(lab.processes, running.started, running.url, load, window, lab.folder)).cpuMs
}

export type WideFigures = Readonly<{
  /** Apollo's time to readiness over Marquee's, on 100 subgraphs with 20 types each. */
  readyOverStock: number
  /** CPU of a warm operation on 100 subgraphs over that on 5 with 10 types each. */
  warmOverSmall: number
}>

/** What the size of a graph costs. */
export const wideFigures = async (
  processes: Processes,
  folder: string,
  { times, windowMs }: Readonly<{ times: number; windowMs: number }>,
): Promise<WideFigures> => {
  const large = await openLab(processes, folder, 100, 20)
  const stockMs = await readyTime(large, stock, times)
  const marqueeMs = await readyTime(large, marqueeSubject, times)
  const right = await large.data(await large.running(stock), operation)
  if (!isEqual(await large.data(await large.running(marqueeSubject), operation), right))
    throw new Error('Marquee answers otherwise than Apollo on 100 subgraphs')
  await large.stop(stock)
  const small = await openLab(processes, folder, 5, 10)
  const cpu: { large: number[]; small: number[] } = { large: [], small: [] }
  await cpuOf(large, windowMs)
  await cpuOf(small, windowMs)
  for (let count = 0; count < times; count += 1) {
    cpu.large.push(await cpuOf(large, windowMs))
    cpu.small.push(await cpuOf(small, windowMs))
  }
  for (const lab of [large, small]) {
    await lab.stop(marqueeSubject)
    await processes.stop(lab.subgraphs.started)
  }
  return { readyOverStock: stockMs / marqueeMs, warmOverSmall: median(cpu.large) / median(cpu.small) }
}
