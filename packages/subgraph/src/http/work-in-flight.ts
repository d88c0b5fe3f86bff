import { MarqueeError } from '@marquee/contract'

type Running = Readonly<{ cut: (error: MarqueeError) => void; ended: Promise<void> }>

const nothing = (): void => {}

/** The requests that are being answered: each ends by itself, at its deadline, or when the process must end. */
export class WorkInFlight {
  readonly #running = new Set<Running>()

  /**
   * Runs `work` for at most `deadlineMs`. When it is cut short, the caller gets the error at once and `abort` fires;
   * work that does not heed it goes on unheard, and `drain` waits for it too.
   * @throws DEADLINE_EXCEEDED, SHUTTING_DOWN, and what `work` throws
   */
  async run<T>(deadlineMs: number, abort: AbortController, work: () => Promise<T>): Promise<T> {
    const tooLate = (): MarqueeError =>
      new MarqueeError('DEADLINE_EXCEEDED', { deadlineMs, setting: 'subgraph.deadlineMs' })
    if (deadlineMs <= 0) throw tooLate()
    const cutShort = Promise.withResolvers<never>()
    const cut = (error: MarqueeError): void => {
      // First the answer, then the signal: what the signal breaks must not become the answer.
      cutShort.reject(error)
      abort.abort(error)
    }
    const timer = setTimeout(() => cut(tooLate()), deadlineMs)
    const result = work()
    const running: Running = { cut, ended: result.then(nothing, nothing) }
    this.#running.add(running)
    void running.ended.then(() => this.#running.delete(running))
    try {
      return await Promise.race([result, cutShort.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Waits until nothing runs; after `timeoutMs` cuts short what still does. */
  async drain(timeoutMs: number): Promise<void> {
    const timeout = Promise.withResolvers<void>()
    const timer = setTimeout(timeout.resolve, timeoutMs)
    await Promise.race([Promise.all([...this.#running].map(({ ended }) => ended)), timeout.promise])
    clearTimeout(timer)
    for (const { cut } of this.#running) cut(new MarqueeError('SHUTTING_DOWN'))
  }
}
