import { setTimeout as after } from 'node:timers/promises'
import type { BoundedPool } from '../bounded-pool.ts'
import type { Observation } from './observation.ts'

const leaveStepMs = 100
const longestLeaveMs = 60_000

/** One PostgreSQL server that holds a database, as this process sees it. */
export class Server {
  /** `host:port`, for people. */
  readonly address: string
  /** Connections for reads of requests, and for all else: neither can starve the other. */
  readonly reads: BoundedPool
  readonly writes: BoundedPool
  /** The last that was heard; undefined before, and of a server that is not watched. */
  observation: Observation | undefined
  /** Why it is not asked. */
  downBecause: string | undefined
  #isEnded = false

  constructor(address: string, reads: BoundedPool, writes: BoundedPool) {
    this.address = address
    this.reads = reads
    this.writes = writes
  }

  heard(observation: Observation): void {
    const wasWriter = this.observation?.role === 'writer'
    this.observation = observation
    this.downBecause = undefined
    if (wasWriter && observation.role === 'reader') this.writes.drop('the server is a reader now')
  }

  /** Whoever waits for an answer gets an error at once, and can go elsewhere. */
  lost(reason: string): void {
    this.downBecause = reason
    this.reads.drop(reason)
    this.writes.drop(reason)
  }

  /** A statement failed: nothing more is asked until the server is heard of again. */
  distrust(): void {
    this.downBecause ??= 'a connection broke'
  }

  /** Ends once nobody uses it any more, or waits to: whoever does now is to get an answer. */
  async leave(): Promise<void> {
    const giveUpAt = performance.now() + longestLeaveMs
    while (!this.#isEnded && performance.now() < giveUpAt) {
      await after(leaveStepMs, undefined, { ref: false })
      if (this.reads.busy() === 0 && this.writes.busy() === 0) break
    }
    await this.end()
  }

  async end(): Promise<void> {
    this.#isEnded = true
    await Promise.all([this.reads.end(), this.writes.end()])
  }
}
