/** Told once, when a request has ended before its answer. */
export type EndListener = Readonly<{ handleEvent: () => void }>

/** Tells that a request has ended: its deadline has passed, or nobody waits for it. Every `AbortSignal` is one. */
export type EndSignal = Readonly<{
  aborted: boolean
  reason: unknown
  addEventListener: (type: 'abort', listener: EndListener) => void
  removeEventListener: (type: 'abort', listener: EndListener) => void
}>

/**
 * An `EndSignal` with its switch. What `AbortController` is, for where it is used with every fetch: a listener of an
 * `AbortSignal` kept the whole answer alive until a full collection, which made a third of all CPU collection.
 */
export class Ending implements EndSignal {
  #isOver = false
  #reason: unknown
  #listeners: EndListener[] = []

  get aborted(): boolean {
    return this.#isOver
  }

  get reason(): unknown {
    return this.#reason
  }

  addEventListener(_type: 'abort', listener: EndListener): void {
    this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: EndListener): void {
    const place = this.#listeners.lastIndexOf(listener)
    if (place !== -1) this.#listeners.splice(place, 1)
  }

  /** Ends it, and tells everybody who listens. A second time nothing happens. */
  abort(reason?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reason = reason
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener.handleEvent()
  }
}
