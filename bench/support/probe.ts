import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'

// Loaded into a measured Node.js process (`--import`), to tell what it looks like from inside. Whoever connects to the
// socket BENCH_PROBE_SOCKET gets one line of JSON on what happened since the last one did.

const resolutionMs = 1

/** What a probe tells of the main thread since it was last asked. */
export type Probed = Readonly<{
  /** Time in garbage collection. */
  collectingMs: number
  /** Time in which the event loop was not waiting. Collection is part of it; both are by the clock on the wall. */
  activeMs: number
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
  let before = performance.eventLoopUtilization()

  const read = (): Probed => {
    const probed = {
      collectingMs,
      activeMs: performance.eventLoopUtilization(before).active,
      // The timer's own interval is no stall.
      longestStallMs: Math.max(0, delay.max / 1e6 - resolutionMs),
    }
    collectingMs = 0
    before = performance.eventLoopUtilization()
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
