const smallest = 4096

/** Bytes that arrive piece by piece. It doubles when full, so that n bytes cost n copies however small the pieces. */
export class GrowingBuffer {
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Makes room for `length` bytes in all. */
  reserve(length: number): void {
    if (length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2, smallest))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }

  append(source: Buffer, from: number, to: number): void {
    this.reserve(this.#length + to - from)
    source.copy(this.#bytes, this.#length, from, to)
    this.#length += to - from
  }

  /** What was gathered, not copied: the buffer starts anew. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.alloc(0)
    this.#length = 0
    return taken
  }
}
