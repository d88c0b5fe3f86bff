import type { EndSignal } from '../../executor/end-signal.ts'
import { acceptedEncodings } from './decode-body.ts'
import { type Dial, dialer } from './dial.ts'
import type { HttpAnswer, HttpOptions } from './http-answer.ts'
import { type ConnectionOwner, HttpConnection } from './http-connection.ts'
import { HttpError } from './http-error.ts'
import { HttpExchange } from './http-exchange.ts'

const closedError = (sent: boolean): HttpError => new HttpError('aborted', 'the pool was closed', { sent })

/** An AggregateError (all addresses of a name failed) has no message of its own. */
const reasonOf = (error: Error): string =>
  error.message || ((error as NodeJS.ErrnoException).code ?? error.name)

/** Kept-alive HTTP/1.1 connections to one origin. Owns them: `close` ends them. */
export class HttpPool {
  readonly #options: HttpOptions
  readonly #fixedHead: string
  readonly #dial: Dial
  readonly #connections: HttpConnection[] = []
  /** The last used is the first to be used again, so that those too many grow old and close. */
  readonly #idle: HttpConnection[] = []
  /** First come, first served, by whichever connection is free first. */
  readonly #waiting: HttpExchange[] = []
  readonly #owner: ConnectionOwner = {
    onFree: connection => this.#serve(connection),
    onUnanswered: exchange => this.#sendAgain(exchange),
    onClosed: (connection, whyNotOpen) => this.#remove(connection, whyNotOpen),
  }
  readonly #closed = Promise.withResolvers<void>()
  #isClosed = false
  /** One coarse timer for all connections: a timer for each request would cost more than it is worth. */
  #sweeper: NodeJS.Timeout | undefined
  #sweptAt = 0
  #wasLate = false

  /** @param origin  http or https; path and query are not looked at */
  constructor(origin: URL, options: HttpOptions) {
    this.#options = options
    this.#dial = dialer(origin, options.ca)
    this.#fixedHead = ` HTTP/1.1\r\nhost: ${origin.host}\r\naccept-encoding: ${acceptedEncodings}\r\n`
  }

  /**
   * Sends one request, waiting for a free connection if it must.
   * @param path         path and query, as in a URL
   * @param headerLines  further request header lines, each ended by \r\n, names and values already checked.
   *                     `host`, `content-length` and `accept-encoding` are set here
   * @param isIdempotent it may be sent a second time, when a kept-alive connection turns out to have been closed
   *                     (RFC 9110 9.2.2 allows that for nothing else)
   * @throws HttpError
   */
  post(
    path: string,
    headerLines: string,
    body: string,
    signal: EndSignal | undefined,
    isIdempotent = false,
  ): Promise<HttpAnswer> {
    const bytes = Buffer.byteLength(body)
    const head = `POST ${path}${this.#fixedHead}${headerLines}content-length: ${bytes}\r\n\r\n`
    const refusal = this.#refusalOf(head, signal)
    if (refusal !== undefined) return Promise.reject(refusal)
    const exchange = new HttpExchange({ head, body, isAscii: bytes === body.length, signal, isIdempotent })
    const connection = this.#takeIdle()
    if (connection === undefined) {
      exchange.holder = this
      this.#waiting.push(exchange)
      this.#grow()
    } else {
      connection.send(exchange)
    }
    return exchange.answered
  }

  /** Takes an aborted request out of the queue. */
  withdraw(exchange: HttpExchange): void {
    const at = this.#waiting.indexOf(exchange)
    if (at >= 0) this.#waiting.splice(at, 1)
  }

  /** Ends every connection, also those with a request on them. Resolves when all are closed. */
  close(): Promise<void> {
    this.#isClosed = true
    for (const exchange of this.#waiting.splice(0)) exchange.fail(closedError(exchange.isSent))
    for (const connection of this.#connections) connection.fail(closedError(true))
    if (this.#connections.length === 0) this.#closed.resolve()
    return this.#closed.promise
  }

  #refusalOf(head: string, signal: EndSignal | undefined): HttpError | undefined {
    if (this.#isClosed) return closedError(false)
    if (signal?.aborted === true) {
      return new HttpError('aborted', 'the request was aborted', { sent: false, cause: signal.reason })
    }
    // The head travels as Latin-1. U+010A would lose its upper byte and become a line feed: a header of its own.
    const mayBeWide = Buffer.byteLength(head) !== head.length
    return mayBeWide && /[^\0-\u00ff]/.test(head)
      ? new HttpError('protocol', 'a request header holds a character above U+00FF', { sent: false })
      : undefined
  }

  #takeIdle(): HttpConnection | undefined {
    if (this.#idle.length === 0) return undefined
    const now = performance.now()
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable(now)) return connection
      connection.expire()
    }
    return undefined
  }

  /** Opens a connection if there are more requests waiting than connections opening. */
  #grow(): void {
    if (this.#isClosed || this.#connections.length >= this.#options.connections) return
    const opening = this.#connections.filter(connection => connection.isOpening).length
    if (opening >= this.#waiting.length) return
    this.#connections.push(new HttpConnection(this.#dial, this.#options, this.#owner))
    this.#sweeper ??= this.#startSweeper()
  }

  #serve(connection: HttpConnection): void {
    const exchange = this.#waiting.shift()
    if (exchange === undefined) this.#idle.push(connection)
    else connection.send(exchange)
  }

  /** Not to one of the idle: what closed its connection has probably closed those too. */
  #sendAgain(exchange: HttpExchange): void {
    if (this.#isClosed) {
      exchange.fail(closedError(true))
      return
    }
    exchange.isRetry = true
    exchange.holder = this
    this.#waiting.unshift(exchange)
  }

  #remove(connection: HttpConnection, whyNotOpen: Error | undefined): void {
    this.#connections.splice(this.#connections.indexOf(connection), 1)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (whyNotOpen !== undefined) this.#failNext(whyNotOpen)
    this.#grow()
    if (this.#connections.length > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
    if (this.#isClosed) this.#closed.resolve()
  }

  #failNext(cause: Error): void {
    const exchange = this.#waiting.shift()
    if (exchange === undefined) return
    exchange.fail(
      new HttpError('connect', `no connection: ${reasonOf(cause)}`, { sent: exchange.isSent, cause }),
    )
  }

  #startSweeper(): NodeJS.Timeout {
    const { connectTimeoutMs, keepAliveMs, firstByteTimeoutMs } = this.#options
    const everyMs = Math.min(
      500,
      Math.max(10, Math.min(connectTimeoutMs, keepAliveMs, firstByteTimeoutMs) / 4),
    )
    this.#sweptAt = performance.now()
    return setInterval(() => this.#sweep(everyMs), everyMs).unref()
  }

  #sweep(everyMs: number): void {
    const now = performance.now()
    // After this process was held up, what came meanwhile is read only after the timers: it gets one more round.
    this.#wasLate = !this.#wasLate && now - this.#sweptAt > 2 * everyMs
    this.#sweptAt = now
    if (this.#wasLate) return
    for (const connection of this.#connections) {
      if (!connection.isUsable(now)) connection.expire()
    }
  }
}
