import { fork, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { MarqueeError, type ServiceMessage } from '@marquee/contract'
import type { Exit, Launch, Running } from './keeper.ts'
import { startFailure } from './start-failure.ts'

export type ProcessSpec = Readonly<{
  name: string
  /** Path of the module to run. */
  script: string
  args?: readonly string[]
  /** Flags of Node.js. */
  flags?: readonly string[]
  env: NodeJS.ProcessEnv
  startTimeoutMs: number
  /** Gets each line of its output. */
  onLine: (line: string) => void
  onNote?: (name: string, details: Readonly<Record<string, unknown>>) => void
}>

const keptLines = 10

/** The whole group goes: a service may have helpers of its own. */
const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise(resolve => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null })
    })
  })

const runningOf = (child: ChildProcess, url: string, exited: Promise<Exit>): Running => ({
  pid: child.pid ?? 0,
  url,
  exited,
  stop: async timeoutMs => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => killGroup(child), timeoutMs)
    await exited
    clearTimeout(timer)
  },
  kill: () => killGroup(child),
})

type Start = Readonly<{ signal: AbortSignal; exited: Promise<Exit>; lines: readonly string[] }>

/** The URL that the service says it answers at; rejects with why it never will. */
const readyOf = async (child: ChildProcess, spec: ProcessSpec, start: Start): Promise<string> => {
  const settled = new AbortController()
  const failure = (reason: string): MarqueeError =>
    new MarqueeError('SERVICE_START_FAILED', { service: spec.name, reason })
  try {
    return await new Promise<string>((resolve, reject) => {
      child.on('message', (message: ServiceMessage) => {
        if (message.event === 'ready') resolve(message.url)
        if (message.event === 'failed') reject(startFailure(spec.name, message))
        if (message.event === 'note') spec.onNote?.(message.name, message.details)
      })
      child.once('error', error => reject(failure(error.message)))
      const abort = (): void => reject(failure('the platform is stopping'))
      start.signal.addEventListener('abort', abort, { once: true, signal: settled.signal })
      void delay(spec.startTimeoutMs, undefined, { signal: settled.signal }).then(
        () => reject(failure(`it was not ready after ${spec.startTimeoutMs} ms`)),
        () => undefined,
      )
      void start.exited
        // What it said last may still be in the pipe.
        .then(() => delay(50))
        .then(async () => {
          const { code, signal } = await start.exited
          const last = start.lines.at(-1)
          reject(failure(`it ended with ${signal ?? `code ${code}`}${last === undefined ? '' : `: ${last}`}`))
        })
    })
  } finally {
    settled.abort()
  }
}

/** Runs a service (see `runService` of the contract) as a process of its own and waits until it says `ready`. */
export const launchProcess =
  (spec: ProcessSpec): Launch =>
  async signal => {
    signal.throwIfAborted()
    const child = fork(spec.script, spec.args ?? [], {
      execPath: process.execPath,
      execArgv: ['--no-warnings', ...(spec.flags ?? [])],
      env: spec.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C on the terminal must reach the supervisor alone, which ends them in order.
      detached: true,
    })
    const lines: string[] = []
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', line => {
        lines.push(line)
        if (lines.length > keptLines) lines.shift()
        spec.onLine(line)
      })
    }
    const exited = exitOf(child)
    try {
      return runningOf(child, await readyOf(child, spec, { signal, exited, lines }), exited)
    } catch (error) {
      killGroup(child)
      await exited
      throw error
    }
  }
