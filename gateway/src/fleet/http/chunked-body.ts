import { protocolError } from './http-error.ts'

/** Takes the bytes of `source` from `from` to before `to`. */
export type Sink = (source: Buffer, from: number, to: number) => void

/** Most bytes that are not content (extensions, trailers) in one body. */
const maxExtraBytes = 64 * 1024
const chunkLine = /^([\da-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r$/i
const trailerLine = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r$/
const lineFeed = 0x0a

/** Reads one body in chunked coding (RFC 9112 7.1). Extensions and trailers are read over. */
export class ChunkedBody {
  readonly #sink: Sink
  #next: 'size' | 'content' | 'content-end' | 'trailer' = 'size'
  /** Bytes of the current chunk that are still to come. */
  #missing = 0
  #extraBytes = 0
  /** Beginning of a line whose end has not come yet. */
  #line = ''

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /**
   * @returns where the body ended, or -1 when there is more to come
   * @throws HttpError `protocol`, and what the sink throws
   */
  read(bytes: Buffer, from: number, to: number): number {
    while (from < to) {
      if (this.#next === 'content') {
        from = this.#readContent(bytes, from, to)
        continue
      }
      const stop = bytes.indexOf(lineFeed, from)
      const isWhole = stop >= 0 && stop < to
      const end = isWhole ? stop : to
      this.#count(end - from)
      this.#line += bytes.toString('latin1', from, end)
      from = end + 1
      if (isWhole && this.#readLine()) return from
    }
    return -1
  }

  #count(bytes: number): void {
    this.#extraBytes += bytes
    if (this.#extraBytes > maxExtraBytes) throw protocolError('chunk extensions or trailers are too long')
  }

  #readContent(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#missing)
    this.#sink(bytes, from, end)
    this.#missing -= end - from
    if (this.#missing === 0) this.#next = 'content-end'
    return end
  }

  /** @returns whether it was the last line of the body */
  #readLine(): boolean {
    const line = this.#line
    this.#line = ''
    if (this.#next === 'trailer') return this.#readTrailer(line)
    if (this.#next === 'content-end') {
      if (line !== '\r') throw protocolError('a chunk is longer than its size')
      this.#next = 'size'
      this.#extraBytes -= 1
      return false
    }
    const size = chunkLine.exec(line)?.[1]
    if (size === undefined) throw protocolError(`chunk size is ${JSON.stringify(line.slice(0, 100))}`)
    this.#extraBytes -= size.length + 1
    this.#missing = Number.parseInt(size, 16)
    this.#next = this.#missing === 0 ? 'trailer' : 'content'
    return false
  }

  #readTrailer(line: string): boolean {
    if (line === '\r') return true
    if (!trailerLine.test(line)) throw protocolError(`trailer is ${JSON.stringify(line.slice(0, 100))}`)
    return false
  }
}
