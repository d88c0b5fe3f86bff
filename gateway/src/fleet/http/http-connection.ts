import type { Socket } from 'node:net'
import type { Dial } from './dial.ts'
import type { HttpOptions } from './http-answer.ts'
import { HttpError } from './http-error.ts'
import type { Holder, HttpExchange } from './http-exchange.ts'
import { type RawAnswer, ResponseParser } from './response-parser.ts'

/** What a connection tells its pool. */
export type ConnectionOwner = Readonly<{
  /** It can take a request: it has just opened, or its last answer is whole. */
  onFree: (connection: HttpConnection) => void
  /** It closed before a byte of an answer came, on a request that can be sent again. */
  onUnanswered: (exchange: HttpExchange) => void
  /** @param whyNotOpen  when it never opened */
  onClosed: (connection: HttpConnection, whyNotOpen: Error | undefined) => void
}>

const readBytes = 64 * 1024

/** One connection, with one request on it at a time. Owns its socket. */
export class HttpConnection implements Holder {
  /** When it has been opening, silent or idle for too long, on the clock of `performance.now()`. */
  expiresAt: number
  readonly #socket: Socket
  readonly #options: HttpOptions
  readonly #owner: ConnectionOwner
  readonly #parser: ResponseParser
  #exchange: HttpExchange | undefined
  #isOpen = false
  /** It has been free before: the server may close it at any time. */
  #mayBeStale = false
  /** Some of the current answer has come. */
  #isAnswering = false
  #cause: Error | undefined

  constructor(dial: Dial, options: HttpOptions, owner: ConnectionOwner) {
    this.#options = options
    this.#owner = owner
    this.#parser = new ResponseParser(options.maxAnswerBytes)
    this.expiresAt = performance.now() + options.connectTimeoutMs
    // Handlers are set once, and all reads go into one buffer: that is what makes it lean.
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (length: number, bytes: Uint8Array) => this.#onRead(bytes as Buffer, length),
    }
    this.#socket = dial(onread, () => this.#onOpen())
      .on('end', () => this.#onEnd())
      .on('error', error => {
        this.#cause ??= error
      })
      .on('close', () => this.#onClose())
  }

  get isOpening(): boolean {
    return !this.#isOpen
  }

  /** Whether it may be waited for, or sent on, any longer. */
  isUsable(now: number): boolean {
    return !this.#socket.destroyed && now < this.expiresAt
  }

  send(exchange: HttpExchange): void {
    const { head, body, isAscii } = exchange.request
    exchange.holder = this
    exchange.isSent = true
    this.#exchange = exchange
    this.#isAnswering = false
    this.expiresAt = performance.now() + this.#options.firstByteTimeoutMs
    if (isAscii) {
      this.#socket.write(head + body, 'latin1')
    } else {
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      this.#socket.write(body, 'utf8')
      this.#socket.uncork()
    }
  }

  /** The request on it was aborted: what is still to come of its answer must not reach another. */
  withdraw(): void {
    this.#exchange = undefined
    this.#socket.destroy()
  }

  /** For too long nothing happened. */
  expire(): void {
    if (!this.#isOpen) this.#cause ??= new Error(`not open within ${this.#options.connectTimeoutMs} ms`)
    this.fail(new HttpError('timeout', `silent for ${this.#options.firstByteTimeoutMs} ms`, { sent: true }))
  }

  /** Closes it. @param error  for the request on it */
  fail(error: HttpError): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#socket.destroy()
    exchange?.fail(error)
  }

  #onOpen(): void {
    this.#isOpen = true
    this.expiresAt = performance.now() + this.#options.keepAliveMs
    this.#owner.onFree(this)
    this.#mayBeStale = this.#exchange === undefined
  }

  #onRead(bytes: Buffer, length: number): boolean {
    this.#isAnswering = true
    try {
      // RFC 9112 9.2: bytes without a request are not an answer. Whoever sent them is not to be trusted further.
      if (this.#exchange === undefined) this.#socket.destroy()
      else this.#take(this.#parser.read(bytes, length))
    } catch (error) {
      this.fail(error as HttpError)
    }
    return true
  }

  #take(answer: RawAnswer | undefined): void {
    const now = performance.now()
    if (answer === undefined) {
      this.expiresAt = now + this.#options.firstByteTimeoutMs
      return
    }
    const exchange = this.#exchange
    this.#exchange = undefined
    const idleMs = Math.min(this.#options.keepAliveMs, answer.head.keepAliveMs)
    // An answer to a request that is not yet written in full: the rest would be read as the next request.
    if (answer.isClean && idleMs > 0 && this.#socket.writableLength === 0) {
      this.#mayBeStale = true
      this.expiresAt = now + idleMs
      this.#owner.onFree(this)
    } else {
      this.#socket.destroy()
    }
    exchange?.succeed(answer, this.#options.maxAnswerBytes)
  }

  #onEnd(): void {
    try {
      if (this.#exchange !== undefined) this.#take(this.#parser.finish())
    } catch (error) {
      this.fail(error as HttpError)
    }
    this.#socket.destroy()
  }

  #onClose(): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    if (exchange !== undefined) this.#lose(exchange)
    this.#owner.onClosed(this, this.#isOpen ? undefined : (this.#cause ?? new Error('closed by the server')))
  }

  #lose(exchange: HttpExchange): void {
    if (this.#mayBeStale && !this.#isAnswering && exchange.request.isIdempotent && !exchange.isRetry) {
      this.#owner.onUnanswered(exchange)
      return
    }
    const where = this.#isAnswering ? 'in the middle of the answer' : 'before an answer came'
    const why = this.#cause?.message ?? 'closed by the server'
    exchange.fail(
      new HttpError('reset', `connection lost ${where}: ${why}`, { sent: true, cause: this.#cause }),
    )
  }
}
