import { join } from 'node:path'
import { memoryOf } from '../support/process-tree.ts'
import { median } from '../support/report.ts'
import { readProbe } from '../support/read-probe.ts'
import { loadWith } from '../support/wrk.ts'
import type { Lab } from './lab.ts'
import { bodyOf, distinct, distinctLarge, heavySeeded } from './operations.ts'
import type { Subject } from './subjects/subject.ts'

const whole = { fromMs: 0, by: 'wall' } as const

const socketOf = (lab: Lab, subject: Subject): string => join(lab.folder, `${subject.id}.sock`)

/** @returns time in garbage collection in percent of the time that the event loop is busy, while variables differ in each request */
export const collectionShare = async (lab: Lab, subject: Subject, forMs: number): Promise<number> => {
  const running = await lab.running(subject)
  const load = { bodies: [bodyOf(heavySeeded)], connections: 50 }
  const run = (ms: number): Promise<unknown> =>
    loadWith(lab.processes, running.started, running.url, load, { ...whole, forMs: ms }, lab.folder)
  await run(forMs / 2)
  await readProbe(socketOf(lab, subject))
  await run(forMs)
  const { collectingMs, activeMs } = await readProbe(socketOf(lab, subject))
  return (100 * collectingMs) / activeMs
}

/** @returns growth of RSS in percent over the second half of `forMs` of `texts` distinct operations */
export const memoryGrowth = async (
  lab: Lab,
  subject: Subject,
  texts: number,
  forMs: number,
): Promise<number> => {
  const running = await lab.running(subject)
  const load = { bodies: distinct(texts, 'm').map(bodyOf), connections: 50 }
  // In tenths: a heap breathes, so the middle and the end are medians of several looks.
  const looks: number[] = []
  for (let count = 0; count < 10; count += 1) {
    const window = { ...whole, forMs: forMs / 10 }
    await loadWith(lab.processes, running.started, running.url, load, window, lab.folder)
    looks.push((await memoryOf(running.started.pid)).rss)
  }
  const middle = median(looks.slice(4, 7))
  return (100 * (median(looks.slice(7)) - middle)) / middle
}

/** @returns longest time for which the event loop stood still while `count` new operations came in, in ms */
export const planningStall = async (lab: Lab, subject: Subject, count: number): Promise<number> => {
  const running = await lab.running(subject)
  // Code that was never run is slow once: that is not planning's doing.
  for (const operation of distinctLarge(20, 'w')) await lab.ask(running, operation)
  await readProbe(socketOf(lab, subject))
  const operations = [...distinctLarge(count, 'n')]
  const worker = async (): Promise<void> => {
    for (let next = operations.pop(); next !== undefined; next = operations.pop())
      await lab.data(running, next)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return (await readProbe(socketOf(lab, subject))).longestStallMs
}
