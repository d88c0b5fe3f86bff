import { type AnswerHead, readAnswerHead } from './answer-head.ts'
import { ChunkedBody } from './chunked-body.ts'
import { GrowingBuffer } from './growing-buffer.ts'
import { protocolError, tooLarge } from './http-error.ts'

/** A whole answer as it was sent: text when it is not long and needs no decompression. */
export type RawAnswer = Readonly<{
  head: AnswerHead
  body: Buffer | string
  /** Nothing came after it, and it did not end by the end of the connection. */
  isClean: boolean
}>

const maxHeadBytes = 64 * 1024
/** A server may announce a length that it never sends: no more than this is set aside for it at once. */
const maxReservedBytes = 1024 * 1024
/** Longer bodies stay bytes: whoever passes them on need not decode them. */
export const longBytes = 64 * 1024
const headEnd = '\r\n\r\n'
const headStart = 'HTTP/1.'

/** Reads the answers of one connection, one after the other, from pieces of any size. */
export class ResponseParser {
  readonly #maxBodyBytes: number
  /** Of a head that came in pieces. */
  #held = new GrowingBuffer()
  #body = new GrowingBuffer()
  #head: AnswerHead | undefined
  #chunks: ChunkedBody | undefined

  /** @param maxBodyBytes  longest body, as sent */
  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes
  }

  /**
   * Takes the first `length` of `bytes`, and keeps none of them: the caller may overwrite them.
   * @returns the answer, if it is whole now
   * @throws HttpError `protocol`, `too-large`
   */
  read(bytes: Buffer, length: number): RawAnswer | undefined {
    if (this.#head !== undefined) return this.#readBody(this.#head, bytes, 0, length)
    const heldBytes = this.#held.length
    if (heldBytes === 0) return this.#readHead(bytes, 0, 0, length)
    this.#held.append(bytes, 0, length)
    // The end of the head may straddle two pieces, by three bytes at most.
    const searchFrom = Math.max(0, heldBytes - headEnd.length + 1)
    return this.#readHead(this.#held.content, 0, searchFrom, this.#held.length)
  }

  /** The server has closed its side. @returns the answer, if that was its end */
  finish(): RawAnswer | undefined {
    return this.#head?.framing === 'until-close' ? this.#finishBody(this.#head, false) : undefined
  }

  #readHead(bytes: Buffer, from: number, searchFrom: number, length: number): RawAnswer | undefined {
    const stop = bytes.indexOf(headEnd, searchFrom, 'latin1')
    const isWhole = stop >= 0 && stop + headEnd.length <= length
    if ((isWhole ? stop : length) - from > maxHeadBytes) {
      throw protocolError(`the head of the answer is longer than ${maxHeadBytes} bytes`)
    }
    if (!isWhole) {
      if (this.#held.length === 0) this.#hold(bytes, from, length)
      return undefined
    }
    if (this.#held.length > 0) this.#held.reset()
    const head = readAnswerHead(bytes.toString('latin1', from, stop + 2))
    const next = stop + headEnd.length
    if (head.status === 101) throw protocolError('the server switches protocols, unasked')
    // RFC 9110 15.2: a client must be able to read interim answers before the final one.
    if (head.status < 200) return this.#readHead(bytes, next, next, length)
    if (typeof head.framing === 'number' && head.framing > this.#maxBodyBytes) {
      throw tooLarge(this.#maxBodyBytes)
    }
    this.#head = head
    return this.#readBody(head, bytes, next, length)
  }

  #hold(bytes: Buffer, from: number, length: number): void {
    const start = bytes.toString('latin1', from, Math.min(length, from + headStart.length))
    if (!headStart.startsWith(start)) {
      throw protocolError(`not an HTTP/1.1 answer: ${JSON.stringify(start)}`)
    }
    this.#held.append(bytes, from, length)
  }

  #readBody(head: AnswerHead, bytes: Buffer, from: number, length: number): RawAnswer | undefined {
    const { framing } = head
    if (framing === 'chunked') {
      this.#chunks ??= new ChunkedBody(this.#keep)
      const end = this.#chunks.read(bytes, from, length)
      return end < 0 ? undefined : this.#finishBody(head, end === length)
    }
    if (framing === 'until-close') {
      this.#keep(bytes, from, length)
      return undefined
    }
    const missing = framing - this.#body.length
    const available = length - from
    if (
      available >= missing &&
      this.#body.length === 0 &&
      head.headers.get('content-encoding') === undefined
    ) {
      this.#head = undefined
      return { head, body: bytes.toString('utf8', from, from + framing), isClean: available === missing }
    }
    this.#body.reserve(Math.min(framing, maxReservedBytes))
    this.#keep(bytes, from, from + Math.min(available, missing))
    return available < missing ? undefined : this.#finishBody(head, available === missing)
  }

  readonly #keep = (bytes: Buffer, from: number, to: number): void => {
    if (this.#body.length + to - from > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes)
    this.#body.append(bytes, from, to)
  }

  #finishBody(head: AnswerHead, isClean: boolean): RawAnswer {
    const body = this.#body.content
    this.#body.reset()
    this.#head = undefined
    this.#chunks = undefined
    const isText = body.length < longBytes && head.headers.get('content-encoding') === undefined
    return { head, body: isText ? body.toString('utf8') : body, isClean }
  }
}
