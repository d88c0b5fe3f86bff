/** Header fields of an answer, looked up when asked for: most are never read. */
export type AnswerHeaders = Readonly<{
  /**
   * @param name  in lower case
   * @returns the value; of several fields of that name, all values joined by `, ` (RFC 9110 5.3)
   */
  get: (name: string) => string | undefined
}>

/** A whole answer. Bytes of the body that are not UTF-8 were replaced by U+FFFD. */
export type HttpAnswer = Readonly<{
  status: number
  headers: AnswerHeaders
  body: string
  /** The body of a long answer, whose text is made each time that it is asked for. */
  bytes?: Buffer
}>

export class LongAnswer implements HttpAnswer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly bytes: Buffer

  constructor(status: number, headers: AnswerHeaders, bytes: Buffer) {
    this.status = status
    this.headers = headers
    this.bytes = bytes
  }

  get body(): string {
    return this.bytes.toString('utf8')
  }
}

/** Bounds of one pool. */
export type HttpOptions = Readonly<{
  /** Most open connections. */
  connections: number
  /** How long a connection may take to open, TLS included. */
  connectTimeoutMs: number
  /** How long an idle connection is kept; shorter if the server said so. */
  keepAliveMs: number
  /** Longest body, both as sent and decompressed. */
  maxAnswerBytes: number
  /** Longest silence while an answer is due: before its first byte, and between any two. */
  firstByteTimeoutMs: number
  /** Certificates (PEM) to trust instead of the system's. */
  ca?: string | undefined
}>
