import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processTree } from './process-tree.ts'
import type { Processes, Started } from './processes.ts'
import { measuredLine, wrkScript, type Load, type Window } from './wrk-script.ts'

/** What one round says of one subject. */
export type Round = Readonly<{
  requestsPerSecond: number
  /** CPU time of the subject's process tree, all threads, per request. */
  cpuMs: number
  p50: number
  p99: number
  answers: number
  /** Requests sent, those included whose answers came too late to count. */
  sent: number
  /** Length of an answer with its head. */
  bytes: number
  /** Answers that were not 2xx, and what failed on the way. */
  errors: number
}>

type Line = Readonly<
  Record<'fromAt' | 'fromCpu' | 'fromCount' | 'toAt' | 'toCpu' | 'toCount', number> &
    Pick<Round, 'answers' | 'sent' | 'bytes' | 'errors' | 'p50' | 'p99'>
>

/** A slow subject gets so much longer, to answer as often as must be. */
const maxWaitMs = 60_000

let nextNumber = 10_000_000

export const ensureWrk = async (processes: Processes): Promise<void> => {
  await processes.run({ command: 'wrk', args: ['-v'], core: 'any' }).catch((error: Error) => {
    if (!error.message.includes('wrk 4') && !error.message.includes('wrk debian')) {
      throw new Error(
        'The load comes from `wrk`, which is not on the PATH: install it (apt-get install wrk).',
        {
          cause: error,
        },
      )
    }
  })
}

/**
 * Loads a subject.
 * @param folder  where the script goes
 * @throws when wrk fails, or when the subject is too slow to be measured
 */
export const loadWith = async (
  processes: Processes,
  subject: Started,
  url: string,
  load: Load,
  window: Window,
  folder: string,
): Promise<Round> => {
  const script = join(folder, 'load.lua')
  const pids = await processTree(subject.pid)
  await writeFile(script, wrkScript(load, window, pids, nextNumber))
  nextNumber += 500_000
  const maxMs = window.fromMs + window.forMs + maxWaitMs
  const seconds = Math.ceil(maxMs / 1000) + 1
  const args = ['-t1', `-c${load.connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url]
  const wrk = processes.start({ command: 'wrk', args, core: 'other' })
  // wrk counts whole seconds only; SIGINT ends it early and it still reports.
  const stop = (): boolean => wrk.child.kill('SIGINT')
  wrk.child.stdout?.on('data', (chunk: Buffer) => {
    if (chunk.includes(measuredLine)) stop()
  })
  const late = setTimeout(stop, maxMs)
  await once(wrk.child, 'close')
  clearTimeout(late)
  const text = /^\{"fromAt".*\}$/m.exec(wrk.output())?.[0]
  if (text === undefined) throw new Error(`wrk reported nothing: ${wrk.output().trim()}`)
  const line = JSON.parse(text) as Line
  const requests = line.toCount - line.fromCount
  if (line.toAt === 0) throw new Error(`only ${line.answers} answers in ${seconds} s`)
  return Object.freeze({
    requestsPerSecond: (requests * 1000) / (line.toAt - line.fromAt),
    cpuMs: (line.toCpu - line.fromCpu) / requests,
    p50: line.p50,
    p99: line.p99,
    answers: line.answers,
    sent: line.sent,
    bytes: line.bytes / Math.max(line.answers, 1),
    errors: line.errors,
  })
}
