import { connect } from 'node:net'

// PostgreSQL answers one byte to this, before any log-in, from a process that the postmaster had to start for it.
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Whether a server takes connections, which costs it next to nothing to show. Never rejects. */
const answers = (port: number, timeoutMs: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    const settle = (answer: boolean): void => {
      resolve(answer)
      socket.destroy()
    }
    socket.setTimeout(timeoutMs, () => settle(false))
    socket.once('connect', () => socket.write(sslRequest))
    socket.once('data', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('close', () => resolve(false))
  })

/** Notices that one life of a server hangs: no answer for `hangMs`, three times at least: a machine may have slept. */
export class HangWatch {
  readonly #hangMs: number
  #failures = 0
  #answeredAt = performance.now()

  /** @param hangMs  0 never */
  constructor(hangMs: number) {
    this.#hangMs = hangMs
  }

  /** Asks once. @returns true when it hangs */
  async hangs(port: number): Promise<boolean> {
    if (this.#hangMs === 0) return false
    if (await answers(port, Math.min(1000, this.#hangMs))) {
      this.#failures = 0
      this.#answeredAt = performance.now()
      return false
    }
    this.#failures += 1
    return this.#failures >= 3 && performance.now() - this.#answeredAt >= this.#hangMs
  }
}
