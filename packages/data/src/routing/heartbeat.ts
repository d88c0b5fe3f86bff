import pg from 'pg'
import { observe, type Observation } from './observation.ts'

export type HeartbeatSettings = Readonly<{
  connection: pg.ClientConfig
  /** Rest between two questions, in ms. */
  everyMs: number
  /** A server that needs longer for an answer counts as gone, in ms. */
  timeoutMs: number
}>

export type HeartbeatListener = Readonly<{
  heard: (observation: Observation) => void
  missed: (reason: string) => void
}>

/**
 * Asks one server again and again what it is and how far it is, on a connection of its own: a pool that is busy says
 * nothing about its server.
 */
export class Heartbeat {
  readonly #settings: HeartbeatSettings
  readonly #listener: HeartbeatListener
  #client: pg.Client | undefined
  #timer: NodeJS.Timeout | undefined
  #isAsking = false
  #isStopped = false

  constructor(settings: HeartbeatSettings, listener: HeartbeatListener) {
    this.#settings = settings
    this.#listener = listener
    void this.#beat()
  }

  /** Asks now instead of when it is time. */
  hurry(): void {
    if (!this.#isAsking && !this.#isStopped) void this.#beat()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#hangUp()
  }

  async #beat(): Promise<void> {
    clearTimeout(this.#timer)
    this.#isAsking = true
    try {
      const observation = await this.#ask()
      if (!this.#isStopped) this.#listener.heard(observation)
    } catch (error) {
      this.#hangUp()
      if (!this.#isStopped) this.#listener.missed((error as Error).message)
    }
    this.#isAsking = false
    // A watch alone keeps no process up.
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#beat(), this.#settings.everyMs).unref()
  }

  async #ask(): Promise<Observation> {
    const { timeoutMs } = this.#settings
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      return await Promise.race([this.#askConnected(), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async #askConnected(): Promise<Observation> {
    if (this.#client === undefined) {
      const client = new pg.Client(this.#settings.connection)
      this.#client = client
      // What it would say, the next question finds out.
      client.on('error', () => undefined)
      await client.connect()
    }
    return observe(this.#client)
  }

  #hangUp(): void {
    const client = this.#client
    this.#client = undefined
    // A server that hangs would not answer a good-bye either.
    ;(client as unknown as { connection?: { stream: { destroy: () => void } } })?.connection?.stream.destroy()
  }
}
