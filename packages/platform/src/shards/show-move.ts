import type { MoveEvent } from '@marquee/data/resharding'
import { progress, type Progress } from '../terminal/progress.ts'
import { count, duration } from './print-plan.ts'

/** Least time between two events of one kind, in ms, for scripts. */
const pauseMs = 500
const frequent = new Set(['copying', 'catching-up', 'cleaning', 'shard-unavailable'])

/** One JSON object a line. */
const asJson = (): ((event: MoveEvent) => void) => {
  const at = new Map<string, number>()
  return event => {
    const now = performance.now()
    if (frequent.has(event.event) && now - (at.get(event.event) ?? -Infinity) < pauseMs) return
    at.set(event.event, now)
    console.log(JSON.stringify(event))
  }
}

const steps: Readonly<Record<string, string>> = {
  planned: 'planned',
  copying: 'copying; everybody goes on reading and writing',
  'caught-up': 'copied; the target follows',
  flipped: 'all buckets have changed hands',
  unsubscribed: 'the target follows no more',
  cleaning: 'deleting what is left on the source',
  aborting: 'giving up: the source keeps everything',
  done: 'done',
}

/** For people: a line for each thing that happened, and bars for what takes long. */
class Lines {
  #bar: Readonly<{ label: string; progress: Progress }> | undefined
  #told = ''

  readonly report = (event: MoveEvent): void => {
    switch (event.event) {
      case 'copying': {
        const left = event.etaMs === null ? '' : `about ${duration(event.etaMs)} left`
        return this.#show('copying', event.rows, event.totalRows, left)
      }
      case 'cleaning':
        return this.#show('deleting', event.rows, event.totalRows)
      case 'step':
        return this.#step(event.step)
      case 'flip':
        return this.print(
          `${event.buckets} buckets are on the target (map version ${event.mapVersion}); writers waited ${duration(event.fenceMs)}; ${event.left} to go`,
        )
      case 'fence-opened':
        return this.print(`! ${event.reason}: ${event.buckets} buckets stay on the source until the next try`)
      case 'waiting':
        return this.print(`waiting ${duration(event.leftMs)} for processes that still read by the old map`)
      case 'shard-unavailable':
        return this.print(`! ${event.shard} does not answer; trying again`)
      case 'not-told':
        return this.print(
          `! ${event.shards.join(', ')} does not answer and keeps an old copy of the map, which decides nothing`,
        )
      case 'catching-up':
        return undefined
      default:
        return event satisfies never
    }
  }

  print(line: string): void {
    if (line === this.#told) return
    this.#told = line
    if (this.#bar === undefined) console.log(`  ${line}`)
    else this.#bar.progress.print(`  ${line}`)
  }

  end(): void {
    this.#bar?.progress.end()
    this.#bar = undefined
  }

  #step(step: string): void {
    this.end()
    const words = steps[step]
    if (words !== undefined) this.print(words)
  }

  #show(label: string, done: number, total: number, note = ''): void {
    if (this.#bar?.label !== label) {
      this.end()
      this.#bar = { label, progress: progress(`${label} ${count(total)} rows`, line => console.log(line)) }
    }
    this.#bar?.progress.show(done, total, note)
  }
}

export type Show = Readonly<{ report: (event: MoveEvent) => void; end: () => void }>

/** Tells what a mover does. */
export const showMove = (json: boolean): Show => {
  if (json) return { report: asJson(), end: () => undefined }
  const lines = new Lines()
  return { report: lines.report, end: () => lines.end() }
}
