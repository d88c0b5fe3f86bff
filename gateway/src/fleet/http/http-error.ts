/**
 * - `connect`: no connection could be opened
 * - `reset`: the connection ended before the answer was complete
 * - `timeout`: nothing was heard for too long
 * - `protocol`: what came is not an HTTP/1.1 answer that we can trust
 * - `too-large`: the answer is longer than allowed, as sent or once decompressed
 * - `aborted`: the caller's signal, or the pool was closed
 */
export type HttpErrorKind = 'connect' | 'reset' | 'timeout' | 'protocol' | 'too-large' | 'aborted'

/** Why there is no answer. */
export class HttpError extends Error {
  readonly kind: HttpErrorKind
  /** False: the request never left, it cannot have been processed. */
  readonly sent: boolean

  constructor(kind: HttpErrorKind, message: string, options: { sent: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HttpError'
    this.kind = kind
    this.sent = options.sent
  }
}

/** What is wrong with the bytes of an answer. */
export const protocolError = (message: string, cause?: unknown): HttpError =>
  new HttpError('protocol', message, { sent: true, cause })

/** An answer longer than `maxBytes`. */
export const tooLarge = (maxBytes: number): HttpError =>
  new HttpError('too-large', `the answer is longer than ${maxBytes} bytes`, { sent: true })
