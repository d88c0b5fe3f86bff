/** What was opened so far; `close` ends it all, the latest first, each one even when another fails. */
export class Closers {
  #closers: (() => Promise<void>)[] = []
  #closing: Promise<readonly unknown[]> | undefined

  /** Adds one. What comes too late, because a start was broken off, is closed at once, and the start ends there. */
  async add(close: () => Promise<void>): Promise<void> {
    if (this.#closing === undefined) {
      this.#closers.push(close)
      return
    }
    await close()
    throw new Error('stopped while starting')
  }

  /** @returns the errors of those that failed */
  close(): Promise<readonly unknown[]> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<readonly unknown[]> {
    const errors: unknown[] = []
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => errors.push(error))
    }
    return errors
  }
}
