import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'

// Loaded into a measured Node.js process (`--import`), to tell what it looks like from inside. Whoever connects to the
// socket BENCH_PROBE_SOCKET gets one line of JSON on what happened since the last one did.

const resolutionMs = 1

/** What a probe tells of the main thread since it was last asked. */
export type Probed = Readonly<{
  /** Time in garbage collection. */
  collectingMs: number
  /** CPU time of the whole process. */
  cpuMs: number
  /** Longest time for which the event loop could not turn. */
  longestStallMs: number
}>

const probe = (socket: string): void => {
  let collectingMs = 0
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) collectingMs += duration
  }).observe({ entryTypes: ['gc'] })
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let cpuBefore = process.cpuUsage()

  const read = (): Probed => {
    const { user, system } = process.cpuUsage(cpuBefore)
    const probed = {
      collectingMs,
      cpuMs: (user + system) / 1000,
      // The timer's own interval is no stall.
      longestStallMs: Math.max(0, delay.max / 1e6 - resolutionMs),
    }
    collectingMs = 0
    cpuBefore = process.cpuUsage()
    delay.reset()
    return probed
  }
  rmSync(socket, { force: true })
  createServer(connection => connection.end(`${JSON.stringify(read())}\n`))
    .listen(socket)
    .unref()
}

const socket = process.env['BENCH_PROBE_SOCKET']
if (isMainThread && socket !== undefined) probe(socket)
