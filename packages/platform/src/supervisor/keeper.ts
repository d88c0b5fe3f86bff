import { setTimeout as delay } from 'node:timers/promises'
import { backOffDelay } from './back-off.ts'

export type Exit = Readonly<{ code: number | null; signal: string | null }>

/** One life of a service. */
export type Running = Readonly<{
  pid: number
  url: string
  exited: Promise<Exit>
  /** Asks it to drain; kills it after `timeoutMs`. Resolves when it is gone. */
  stop: (timeoutMs: number) => Promise<void>
  /** Ends it at once. */
  kill: () => void
}>

/** Starts a service. Rejects when it does not become ready, or when `signal` aborts; then nothing of it is left. */
export type Launch = (signal: AbortSignal) => Promise<Running>

export type KeeperEvent =
  | Readonly<{ event: 'service-ready'; service: string; pid: number; url: string; restarts: number }>
  | Readonly<{
      event: 'service-exited'
      service: string
      code: number | null
      signal: string | null
      restartInMs: number
    }>
  | Readonly<{ event: 'service-restart-failed'; service: string; message: string; restartInMs: number }>

export type KeeperPolicy = Readonly<{
  stopTimeoutMs: number
  restart: Readonly<{ firstDelayMs: number; maxDelayMs: number; stableMs: number }>
}>

export type ServiceStatus = Readonly<{
  name: string
  state: 'starting' | 'running' | 'restarting' | 'stopped'
  pid: number
  url: string
  restarts: number
}>

/** Keeps one service alive: what dies is launched again, later each time, until `stop`. */
export class Keeper {
  readonly name: string
  readonly #launch: Launch
  readonly #policy: KeeperPolicy
  readonly #report: (event: KeeperEvent) => void
  readonly #ending = new AbortController()
  #running: Running | undefined
  #life: Promise<void> = Promise.resolve()
  #state: ServiceStatus['state'] = 'stopped'
  #last = { pid: 0, url: '' }
  #restarts = 0

  constructor(options: {
    name: string
    launch: Launch
    policy: KeeperPolicy
    report: (event: KeeperEvent) => void
  }) {
    this.name = options.name
    this.#launch = options.launch
    this.#policy = options.policy
    this.#report = options.report
  }

  get status(): ServiceStatus {
    return { name: this.name, state: this.#state, ...this.#last, restarts: this.#restarts }
  }

  /** Launches it for the first time: a failure here is the caller's, not a reason to try again. */
  async start(): Promise<void> {
    this.#state = 'starting'
    const launched = this.#launchOnce()
    // Also what is still starting must be waited for by `stop`.
    this.#life = launched.then(
      running => this.#keep(running),
      () => undefined,
    )
    try {
      await launched
    } catch (error) {
      this.#state = 'stopped'
      throw error
    }
  }

  /** Ends it for good, within the policy's time-out. */
  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#running?.stop(this.#policy.stopTimeoutMs)
    await this.#life
    this.#state = 'stopped'
  }

  /** Ends it for good, at once. */
  kill(): void {
    this.#ending.abort()
    this.#running?.kill()
  }

  async #launchOnce(): Promise<Running> {
    const running = await this.#launch(this.#ending.signal)
    this.#running = running
    this.#last = { pid: running.pid, url: running.url }
    this.#state = 'running'
    const { pid, url } = running
    this.#report({ event: 'service-ready', service: this.name, pid, url, restarts: this.#restarts })
    return running
  }

  async #keep(first: Running): Promise<void> {
    let running: Running | undefined = first
    let attempt = 0
    while (!this.#ending.signal.aborted) {
      if (running !== undefined) {
        const startedMs = performance.now()
        const exit: Exit = await running.exited
        this.#running = undefined
        if (this.#ending.signal.aborted) return
        if (performance.now() - startedMs > this.#policy.restart.stableMs) attempt = 0
        this.#state = 'restarting'
        const restartInMs = backOffDelay(attempt, this.#policy.restart, Math.random())
        this.#report({ event: 'service-exited', service: this.name, ...exit, restartInMs })
        await this.#pause(restartInMs)
      }
      if (this.#ending.signal.aborted) return
      attempt += 1
      this.#restarts += 1
      running = await this.#relaunch(attempt)
    }
    // Stopped between two lives, with a new one just launched.
    if (running !== undefined) await running.stop(this.#policy.stopTimeoutMs)
  }

  async #relaunch(attempt: number): Promise<Running | undefined> {
    try {
      return await this.#launchOnce()
    } catch (error) {
      if (this.#ending.signal.aborted) return undefined
      const restartInMs = backOffDelay(attempt, this.#policy.restart, Math.random())
      const { message } = error as Error
      this.#report({ event: 'service-restart-failed', service: this.name, message, restartInMs })
      await this.#pause(restartInMs)
      return undefined
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined)
  }
}
