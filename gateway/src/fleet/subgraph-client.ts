import {
  decodeConsistencyToken,
  encodeConsistencyToken,
  headers,
  MarqueeError,
  signIdentity,
} from '@marquee/contract'
import { Agent } from 'undici'
import type { GatewayConfig } from '../config.ts'
import type { FetchContext, SendToSubgraph, SubgraphAnswer, SubgraphFetch } from '../executor/executor.ts'

/** Statuses by which a proxy says that what is behind it is down. */
const downStatuses = new Set([502, 503, 504])

const isAnswer = (value: unknown): value is SubgraphAnswer => {
  if (typeof value !== 'object' || value === null) return false
  const { data, errors } = value as Record<string, unknown>
  if (errors !== undefined && !(Array.isArray(errors) && errors.every(isGraphqlError))) return false
  if (data !== undefined && (typeof data !== 'object' || Array.isArray(data))) return false
  return (data !== undefined && data !== null) || (errors !== undefined && errors.length > 0)
}

const isGraphqlError = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { message?: unknown }).message === 'string'

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const readBounded = async (body: AsyncIterable<Buffer>, maxBytes: number): Promise<string | undefined> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

/** Talks to subgraphs over kept-alive HTTP connections. Owns them: `close` ends them. */
export class SubgraphClient {
  readonly #agent: Agent
  readonly #config: GatewayConfig

  constructor(config: GatewayConfig) {
    this.#config = config
    this.#agent = new Agent({
      connections: config.fetch.connections,
      keepAliveTimeout: config.fetch.keepAliveMs,
      connect: { timeout: config.fetch.connectTimeoutMs },
      // The request's own deadline ends a fetch; these are only nets below it.
      headersTimeout: config.deadlineMs * 2,
      bodyTimeout: config.deadlineMs * 2,
    })
  }

  #headersFor(fetch: SubgraphFetch, context: FetchContext): Record<string, string> {
    const seen = context.consistency.token()
    return {
      ...context.forwarded,
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
      [headers.requestId]: context.requestId,
      [headers.deadlineMs]: String(Math.max(1, Math.floor(context.deadlineAt - performance.now()))),
      ...(Object.keys(seen).length > 0 && { [headers.consistency]: encodeConsistencyToken(seen) }),
      ...(this.#config.secret !== undefined &&
        signIdentity(this.#config.secret, fetch.subgraph, context.identity)),
    }
  }

  /** One fetch. Follows no redirect and repeats nothing. */
  readonly send: SendToSubgraph = async (fetch, context) => {
    const details = { service: fetch.subgraph, deadlineMs: context.deadlineMs, setting: 'gateway.deadlineMs' }
    const badResponse = (cause: string): MarqueeError =>
      new MarqueeError('SUBGRAPH_BAD_RESPONSE', details, { cause: new Error(cause) })
    try {
      const { origin, pathname, search } = new URL(fetch.url)
      const response = await this.#agent.request({
        origin,
        path: `${pathname}${search}`,
        method: 'POST',
        headers: this.#headersFor(fetch, context),
        body: JSON.stringify({
          query: fetch.query,
          variables: fetch.variables,
          operationName: fetch.operationName,
        }),
        signal: context.signal,
      })
      const text = await readBounded(response.body, this.#config.fetch.maxAnswerBytes)
      if (text === undefined) throw badResponse(`longer than ${this.#config.fetch.maxAnswerBytes} bytes`)
      const answer = parse(text)
      const summary = `status ${response.statusCode}: ${text.slice(0, 200)}`
      if (!isAnswer(answer)) {
        if (!downStatuses.has(response.statusCode)) throw badResponse(summary)
        throw new MarqueeError('SUBGRAPH_UNAVAILABLE', details, { cause: new Error(summary) })
      }
      context.consistency.advance(decodeConsistencyToken(first(response.headers[headers.consistency])))
      return answer
    } catch (error) {
      if (error instanceof MarqueeError) throw error
      if (context.signal.aborted) throw new MarqueeError('DEADLINE_EXCEEDED', details, { cause: error })
      throw new MarqueeError('SUBGRAPH_UNAVAILABLE', details, { cause: error })
    }
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}
