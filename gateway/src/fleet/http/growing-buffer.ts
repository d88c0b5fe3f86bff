const empty = Buffer.alloc(0)
const smallest = 4096

/** Bytes that arrive piece by piece. It doubles when full, so that n bytes cost n copies however small the pieces. */
export class GrowingBuffer {
  #bytes: Buffer = empty
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was gathered so far, not copied. */
  get content(): Buffer {
    return this.#bytes.subarray(0, this.#length)
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

  /** Starts anew, in other memory: `content` stays as it is with whoever has it. */
  reset(): void {
    this.#bytes = empty
    this.#length = 0
  }
}
