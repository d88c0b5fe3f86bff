import {
  anonymous,
  decodeConsistencyToken,
  encodeConsistencyToken,
  headers,
  type MarqueeError,
} from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import type { FetchContext } from '../executor/executor.ts'
import { publicCallerKey } from './caller-key.ts'
import { badResponse, deadlineExceeded, unavailable } from './fetch-failures.ts'
import { headerLine } from './header-lines.ts'
import type { HttpAnswer, HttpOptions } from './http/http-answer.ts'
import { HttpError } from './http/http-error.ts'
import { HttpPool } from './http/http-pool.ts'
import { identitySigner } from './identity-headers.ts'
import { readVerbatim } from './read-verbatim.ts'
import type { QueryRequest, SendQuery, SenderFor, SubgraphAnswer, UrlOf } from './send-query.ts'

/** Where one subgraph answers. */
type Target = Readonly<{ pool: HttpPool; path: string }>

/** Statuses by which a proxy says that what is behind it is down. */
const downStatuses = new Set([502, 503, 504])

/** Most ids of client requests that are named beside the first. */
const maxNamed = 20

const fixedLines =
  headerLine('content-type', 'application/json') +
  headerLine('accept', 'application/graphql-response+json, application/json;q=0.9')

const isGraphqlError = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { message?: unknown }).message === 'string'

const isAnswer = (value: unknown): value is SubgraphAnswer => {
  if (typeof value !== 'object' || value === null) return false
  const { data, errors } = value as Record<string, unknown>
  if (errors !== undefined && !(Array.isArray(errors) && errors.every(isGraphqlError))) return false
  if (data !== undefined && (typeof data !== 'object' || Array.isArray(data))) return false
  return (data !== undefined && data !== null) || (errors !== undefined && errors.length > 0)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_BAD_RESPONSE */
const read = (subgraph: string, { status, body }: HttpAnswer): SubgraphAnswer => {
  const answer = parse(body)
  if (!isAnswer(answer)) {
    const summary = `status ${status}: ${body.slice(0, 200)}`
    throw downStatuses.has(status)
      ? unavailable(subgraph, new Error(summary))
      : badResponse(subgraph, summary)
  }
  const { data, errors } = answer
  const bytes = Buffer.byteLength(body)
  return errors === undefined ? { data: data ?? null, bytes } : { data: data ?? null, errors, bytes }
}

const failureOf = (subgraph: string, { signal, deadlineMs }: FetchContext, error: unknown): MarqueeError => {
  if (signal.aborted) return deadlineExceeded(subgraph, deadlineMs, error)
  const isTheirs = error instanceof HttpError && (error.kind === 'protocol' || error.kind === 'too-large')
  return isTheirs ? badResponse(subgraph, error.message) : unavailable(subgraph, error)
}

const optionsOf = (config: GatewayConfig): HttpOptions =>
  Object.freeze({
    connections: config.fetch.connections,
    connectTimeoutMs: config.fetch.connectTimeoutMs,
    keepAliveMs: config.fetch.keepAliveMs,
    maxAnswerBytes: config.fetch.maxAnswerBytes,
    // The request's own deadline ends a fetch; this is only a net below it.
    firstByteTimeoutMs: config.deadlineMs * 2,
  })

/** Talks to subgraphs over kept-alive HTTP connections. Owns them: `close` ends them. */
export class SubgraphClient {
  readonly #config: GatewayConfig
  readonly #sign: (subgraph: string, context: FetchContext) => string
  /** By origin: a new supergraph goes on with the connections of the one before. */
  readonly #pools = new Map<string, HttpPool>()

  constructor(config: GatewayConfig) {
    this.#config = config
    this.#sign = config.secret === undefined ? () => '' : identitySigner(config.secret)
  }

  /** What sends for one supergraph. Follows no redirect; repeats only what never left, or may be repeated. */
  readonly senderFor: SenderFor = urlOf => {
    const targets = new Map<string, Target>()
    const targetOf = (subgraph: string): Target => {
      const known = targets.get(subgraph)
      if (known !== undefined) return known
      const target = this.#target(subgraph, urlOf)
      targets.set(subgraph, target)
      return target
    }
    return request => this.#send(request, targetOf)
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.close()))
  }

  #target(subgraph: string, urlOf: UrlOf): Target {
    const url = new URL(this.#config.subgraphs[subgraph]?.url ?? urlOf(subgraph) ?? '')
    const pool = this.#pools.get(url.origin) ?? new HttpPool(url, optionsOf(this.#config))
    this.#pools.set(url.origin, pool)
    return Object.freeze({ pool, path: `${url.pathname}${url.search}` })
  }

  #send(
    { subgraph, body, context, requestIds, idempotent, isVerbatim }: QueryRequest,
    targetOf: (subgraph: string) => Target,
  ): ReturnType<SendQuery> {
    let answered: Promise<HttpAnswer>
    try {
      const { pool, path } = targetOf(subgraph)
      const lines = this.#headerLines(subgraph, this.#shownTo(subgraph, context), requestIds)
      answered = pool.post(path, lines, body, context.signal, idempotent)
    } catch (error) {
      answered = Promise.reject(error)
    }
    return answered.then(
      answer => {
        const readable = (isVerbatim && readVerbatim(answer, isVerbatim)) ?? read(subgraph, answer)
        const seen = answer.headers.get(headers.consistency)
        if (seen !== undefined) context.consistency.advance(decodeConsistencyToken(seen))
        return readable
      },
      error => {
        throw failureOf(subgraph, context, error)
      },
    )
  }

  /** A public subgraph is not told who asks. */
  #shownTo(subgraph: string, context: FetchContext): FetchContext {
    if (this.#config.subgraphs[subgraph]?.public !== true) return context
    return { ...context, identity: anonymous, callerKey: publicCallerKey, forwarded: {} }
  }

  #headerLines(subgraph: string, context: FetchContext, requestIds: readonly string[]): string {
    const leftMs = Math.max(1, Math.floor(context.deadlineAt - performance.now()))
    const seen = context.consistency.token()
    let lines =
      fixedLines +
      headerLine(headers.requestId, context.requestId) +
      headerLine(headers.deadlineMs, String(leftMs)) +
      this.#sign(subgraph, context)
    if (Object.keys(seen).length > 0) lines += headerLine(headers.consistency, encodeConsistencyToken(seen))
    if (requestIds.length > 1) {
      lines += headerLine(headers.coalesced, requestIds.slice(0, maxNamed).join(','))
    }
    for (const name of this.#config.forwardHeaders) {
      const value = context.forwarded[name]
      if (value !== undefined) lines += headerLine(name, value)
    }
    return lines
  }
}
