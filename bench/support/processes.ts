import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is measured has a core for itself; load and subgraphs share the other. */
export type Core = 'measured' | 'other' | 'any'

export type Command = Readonly<{
  command: string
  args: readonly string[]
  env?: Readonly<Record<string, string>>
  cwd?: string
  core: Core
}>

export type Started = Readonly<{ child: ChildProcess; pid: number; output: () => string }>

const cores = { measured: '1', other: '0' } as const

const pinned = ({ command, args, core }: Command): readonly [string, readonly string[]] =>
  core === 'any' || availableParallelism() < 2
    ? [command, args]
    : ['taskset', ['-c', cores[core], command, ...args]]

/** Every process of a run. Owns them: `close` ends those that are left, and so does any end of this process. */
export class Processes {
  readonly #running = new Set<ChildProcess>()

  constructor() {
    process.once('exit', () => this.#running.forEach(child => child.kill('SIGKILL')))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => process.exit(130))
  }

  /** Starts a process on its core. What it prints is kept for messages (`output`), the last 4,000 characters. */
  start(command: Command): Started {
    const [file, args] = pinned(command)
    const child = spawn(file, args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    child.once('error', () => this.#running.delete(child))
    let text = ''
    const keep = (chunk: Buffer): void => {
      text = `${text}${chunk.toString()}`.slice(-4000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    return Object.freeze({ child, pid: child.pid ?? 0, output: () => text })
  }

  /** Starts a process and waits for its first line, which is JSON: it comes back parsed. */
  async startSpeaking(command: Command): Promise<Started & { line: unknown }> {
    const started = this.start(command)
    const { stdout } = started.child
    if (stdout !== null)
      for await (const line of createInterface({ input: stdout })) {
        stdout.resume()
        return { ...started, line: JSON.parse(line) as unknown }
      }
    throw new Error(`${command.command} ended before it was ready:\n${started.output()}`)
  }

  /** Runs a command to its end. @returns what it printed. @throws when it fails */
  async run(command: Command): Promise<string> {
    const started = this.start(command)
    const [code] = (await once(started.child, 'close')) as [number]
    if (code !== 0)
      throw new Error(`${command.command} ${command.args.join(' ')} failed:\n${started.output()}`)
    return started.output()
  }

  /** Moves a running process, all its threads, to a core. */
  async pin({ pid }: Started, core: Core): Promise<void> {
    if (core === 'any' || availableParallelism() < 2) return
    await this.run({ command: 'taskset', args: ['-acp', cores[core], String(pid)], core: 'any' })
  }

  async stop({ child }: Started): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const isLate = Symbol('late')
    if ((await Promise.race([ended, sleep(3000, isLate, { ref: false })])) === isLate) {
      child.kill('SIGKILL')
      await ended
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map(child => this.stop({ child, pid: 0, output: () => '' })))
  }
}
