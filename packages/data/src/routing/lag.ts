type Sample = Readonly<{ at: number; offset: bigint }>

const mostSamples = 128

/** How far a database's writer was, and when: what a reader's lag is told from, without comparing clocks. */
export class WriterHistory {
  readonly #samples: Sample[] = []
  #timeline = 0

  add(timeline: number, at: number, offset: bigint): void {
    if (timeline !== this.#timeline) this.#samples.length = 0
    this.#timeline = timeline
    const last = this.#samples.at(-1)
    // A writer at rest writes no log: nobody falls behind it.
    if (last !== undefined && last.offset >= offset) return
    this.#samples.push({ at, offset })
    if (this.#samples.length > mostSamples) this.#samples.shift()
  }

  /**
   * For how long there has been something that a reader has not replayed, at least.
   * @param offset  how far the reader is
   * @param now     when it said so
   * @returns ms; 0 when it has replayed all that is known of
   */
  lagMs(offset: bigint, now: number): number {
    const missing = this.#samples.find(sample => sample.offset > offset)
    return missing === undefined ? 0 : Math.max(0, now - missing.at)
  }
}
