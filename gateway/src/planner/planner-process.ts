import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deathReason, type Exit } from './death-reason.ts'
import type { PlannerMessage, PlannerStart, PlanRequest } from './planner-messages.ts'

/** Who is told what a process does. `died` is the last call, and comes once. */
export type PlannerProcessListener = Readonly<{
  heard: (message: PlannerMessage) => void
  died: (reason: string) => void
}>

const script = fileURLToPath(new URL('planner-worker.ts', import.meta.url))

/** Of what a process complains, the first so many characters: V8's report of its death is long. */
const keptComplaint = 8000

/**
 * Flags of a planning process. In place of those of this one: a debugger's port, a preloaded module, a heap of another
 * size are not for it.
 */
const flags = (maxHeapMb: number): readonly string[] => [
  '--no-warnings',
  `--max-old-space-size=${maxHeapMb}`,
  // A deep document needs more than V8's default. In kB, of the 8 MB that the system gives.
  '--stack-size=3900',
  // Loading 2,000 types takes 166 MB so, 256 MB without, and the same time.
  '--max-semi-space-size=4',
  // See `trim` in planner-worker.ts.
  '--expose-gc',
]

/** A debugger has one port. */
const withoutInspector = (options = ''): string =>
  options
    .split(' ')
    .filter(option => !option.startsWith('--inspect'))
    .join(' ')

const environment = (): NodeJS.ProcessEnv => {
  const compiled = getCompileCacheDir()
  return {
    // glibc gives each thread an arena of its own, which here is 10 MB for nothing.
    MALLOC_ARENA_MAX: '2',
    ...process.env,
    NODE_OPTIONS: withoutInspector(process.env['NODE_OPTIONS']),
    // Node.js adds a folder for its version each time.
    ...(compiled !== undefined && { NODE_COMPILE_CACHE: dirname(compiled) }),
  }
}

const running = new Set<ChildProcess>()
const killAll = (): void => {
  for (const child of running) child.kill('SIGKILL')
}

/** Starts a process that ends with this one, whichever way that ends: see planner-worker.ts for the hard ones. */
const launch = (maxHeapMb: number): ChildProcess => {
  const child = fork(script, [], {
    execArgv: [...flags(maxHeapMb)],
    env: environment(),
    // Structured clone takes a plan's text as it is; JSON would escape each quote in it, four times the work.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  if (running.size === 0) process.on('exit', killAll)
  running.add(child)
  child.once('exit', () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', killAll)
  })
  return child
}

/** One process that makes plans, one at a time. */
export class PlannerProcess {
  readonly #child: ChildProcess

  /** @param maxHeapMb  a process that needs more dies */
  constructor(start: PlannerStart, maxHeapMb: number, listener: PlannerProcessListener) {
    const child = launch(maxHeapMb)
    this.#child = child
    let complaint = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < keptComplaint) complaint += text
    })
    const died = (exit: Exit): void => {
      child.removeAllListeners()
      child.on('error', () => {})
      listener.died(deathReason(exit, complaint, maxHeapMb))
    }
    child.on('message', listener.heard)
    child.on('error', (error: Error) => {
      // Whatever cannot be sent to a process that is gone, its end tells.
      if (child.pid === undefined) died({ code: null, signal: null, error })
    })
    // Not `exit`: what it said last may still be in the pipes.
    child.on('close', (code, signal) => died({ code, signal }))
    if (child.connected) child.send(start)
  }

  send(request: PlanRequest): void {
    this.#child.send(request)
  }

  /** Whether this process stays up for that one. */
  hold(isNeeded: boolean): void {
    const child = this.#child
    for (const handle of [child, child.channel, child.stderr as Socket | null]) {
      if (isNeeded) handle?.ref()
      else handle?.unref()
    }
  }

  /** Ends the process, in mid-plan too. The listener hears no more of it. */
  async end(): Promise<void> {
    const child = this.#child
    child.removeAllListeners('message').removeAllListeners('error').removeAllListeners('close')
    child.on('error', () => {})
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
