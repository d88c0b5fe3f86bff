import type { EndSignal } from '../../executor/end-signal.ts'
import type { AnswerHead } from './answer-head.ts'
import { decodeBody } from './decode-body.ts'
import { type HttpAnswer, LongAnswer } from './http-answer.ts'
import { HttpError } from './http-error.ts'
import type { RawAnswer } from './response-parser.ts'

/** Who has an exchange in hand, and can let go of it: the queue of a pool, or a connection. */
export type Holder = Readonly<{ withdraw: (exchange: HttpExchange) => void }>

type Request = Readonly<{
  /** Request line and fields, with the empty line that ends them. */
  head: string
  body: string
  isAscii: boolean
  isIdempotent: boolean
  signal: EndSignal | undefined
}>

/** One request on its way to an answer, or to the error that says why there is none. */
export class HttpExchange {
  readonly request: Request
  readonly answered: Promise<HttpAnswer>
  holder: Holder | undefined
  /** It was written to a connection. */
  isSent = false
  /** It has been put back into the queue once. */
  isRetry = false
  #resolve!: (answer: HttpAnswer) => void
  #reject!: (error: HttpError) => void

  constructor(request: Request) {
    this.request = request
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    request.signal?.addEventListener('abort', this)
  }

  /** `abort` of the signal. The exchange is the listener: a closure for each request would cost more. */
  handleEvent(): void {
    this.holder?.withdraw(this)
    const cause: unknown = this.request.signal?.reason
    this.fail(new HttpError('aborted', 'the request was aborted', { sent: this.isSent, cause }))
  }

  fail(error: HttpError): void {
    this.#leave()
    this.#reject(error)
  }

  /** @param maxBytes  longest body once decompressed */
  succeed({ head, body }: RawAnswer, maxBytes: number): void {
    this.holder = undefined
    if (typeof body === 'string') {
      this.#answer(head, body)
      return
    }
    const encoding = head.headers.get('content-encoding')
    if (encoding === undefined) {
      this.#leave()
      this.#resolve(new LongAnswer(head.status, head.headers, body))
      return
    }
    try {
      const text = decodeBody(body, encoding, maxBytes)
      if (typeof text === 'string') {
        this.#answer(head, text)
      } else {
        // The signal still counts while a thread decompresses.
        text.then(
          late => this.#answer(head, late),
          (error: HttpError) => this.fail(error),
        )
      }
    } catch (error) {
      this.fail(error as HttpError)
    }
  }

  #answer({ status, headers }: AnswerHead, body: string): void {
    this.#leave()
    this.#resolve({ status, headers, body })
  }

  #leave(): void {
    this.holder = undefined
    this.request.signal?.removeEventListener('abort', this)
  }
}
