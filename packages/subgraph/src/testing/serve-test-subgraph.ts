import { request } from 'node:http'
import { headers, signIdentity, type Identity } from '@marquee/contract'
import { pino } from 'pino'
import { askSubgraph, type SubgraphAnswer } from '../ask-subgraph.ts'
import { subgraphConfig } from '../config.ts'
import type { SubgraphDefinition } from '../definition.ts'
import { serveSubgraph } from '../serve-subgraph.ts'

export const secret = 'a secret of the tests'

type LogLine = Readonly<{ level: string; msg: string; codes?: string[]; [key: string]: unknown }>

export type RawAnswer = Readonly<{ status: number; headers: Headers; text: string }>

/** Serves a subgraph on a free port for a test, its log kept in `lines`. */
export const serveTestSubgraph = async <Em = undefined, Loaders = unknown>(
  definition: SubgraphDefinition<Em, Loaders>,
  settings: Readonly<Record<string, unknown>> = {},
) => {
  const lines: LogLine[] = []
  const config = subgraphConfig.parse({ secret, ...settings })
  const log = pino(
    { level: config.logLevel, formatters: { level: label => ({ level: label }) } },
    { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) },
  )
  const service = await serveSubgraph(definition, config, { log })
  lines.splice(0)
  return {
    ...service,
    lines,
    ask: (
      query: string,
      variables: Readonly<Record<string, unknown>> = {},
      identity?: Identity,
      more: Readonly<Record<string, string>> = {},
    ): Promise<SubgraphAnswer> =>
      askSubgraph(service.url, secret, definition.name, { query, variables }, identity, { headers: more }),
    /** Sends any body, signed unless `signed` is false. */
    send: async (
      body: string | Uint8Array | undefined,
      more: Readonly<Record<string, string>> = {},
      options: Readonly<{ signed?: boolean; method?: string; path?: string }> = {},
    ): Promise<RawAnswer> => {
      const { signed = true, method = 'POST', path = '/graphql' } = options
      const signature = signed ? signIdentity(secret, definition.name, anonymousIdentity) : {}
      return sendRaw(`${service.origin}${path}`, method, body, {
        'content-type': 'application/json',
        ...signature,
        ...more,
      })
    },
    /** Log lines of requests, once the last of them has been written. */
    requestLines: async (count: number): Promise<readonly LogLine[]> => {
      const found = () => lines.filter(line => 'requestId' in line || line.codes !== undefined)
      for (let waited = 0; found().length < count && waited < 100; waited++) await pause(10)
      await pause(20)
      return found()
    },
  }
}

const anonymousIdentity: Identity = { subject: null, scopes: [], client: null, tier: 'anonymous' }

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Node's plain client: fetch refuses some headers and methods that a test must send. */
const sendRaw = (
  url: string,
  method: string,
  body: string | Uint8Array | undefined,
  sent: Readonly<Record<string, string>>,
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: sent, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(response.headers as Record<string, string>),
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      )
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })

/** The identity of a signed-in user. */
export const person = (subject: string, scopes: readonly string[] = []): Identity => ({
  subject,
  scopes,
  client: null,
  tier: 'user',
})

/** The header that gives the answer a deadline. */
export const within = (ms: number): Readonly<Record<string, string>> => ({ [headers.deadlineMs]: String(ms) })
