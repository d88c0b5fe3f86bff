import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processTree } from './process-tree.ts'
import type { Processes, Started } from './processes.ts'
import { wrkScript, type Load } from './wrk-script.ts'

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
  Record<'fromAt' | 'fromTicks' | 'fromCount' | 'toAt' | 'toTicks' | 'toCount', number> &
    Pick<Round, 'answers' | 'sent' | 'bytes' | 'errors' | 'p50' | 'p99'>
>

const tickMs = 10 // USER_HZ is 100 on every Linux that Node.js runs on
const maxWaitMs = 15_000

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
 * @param fromMs  how long it runs before it is measured
 * @param forMs  how long it is measured
 * @throws when wrk fails, or when fewer than two requests were sent
 */
export const loadWith = async (
  processes: Processes,
  subject: Started,
  url: string,
  load: Load,
  { folder, fromMs, forMs }: Readonly<{ folder: string; fromMs: number; forMs: number }>,
): Promise<Round> => {
  const script = join(folder, 'load.lua')
  const pids = await processTree(subject.pid)
  await writeFile(script, wrkScript(load, { fromMs, toMs: fromMs + forMs, pids }, nextNumber))
  nextNumber += 500_000
  const seconds = Math.ceil((fromMs + forMs + maxWaitMs) / 1000)
  const args = ['-t1', `-c${load.connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url]
  const wrk = processes.start({ command: 'wrk', args, core: 'other' })
  // wrk counts whole seconds only; SIGINT ends it early and it still reports.
  const stop = setTimeout(() => wrk.child.kill('SIGINT'), fromMs + forMs + 150)
  await once(wrk.child, 'close')
  clearTimeout(stop)
  const text = /^\{"fromAt".*\}$/m.exec(wrk.output())?.[0]
  if (text === undefined) throw new Error(`wrk reported nothing:\n${wrk.output()}`)
  const line = JSON.parse(text) as Line
  const requests = line.toCount - line.fromCount
  if (line.toAt === 0 || requests < 2) throw new Error(`too few answers in ${forMs} ms`)
  return Object.freeze({
    requestsPerSecond: (requests * 1000) / (line.toAt - line.fromAt),
    cpuMs: ((line.toTicks - line.fromTicks) * tickMs) / requests,
    p50: line.p50,
    p99: line.p99,
    answers: line.answers,
    sent: line.sent,
    bytes: line.bytes / Math.max(line.answers, 1),
    errors: line.errors,
  })
}
