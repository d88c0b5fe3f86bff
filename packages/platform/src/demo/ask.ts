import { request } from 'node:http'
import { MarqueeError } from '@marquee/contract'

export type GraphQLFailure = Readonly<{ message: string; extensions?: Readonly<{ code?: string }> }>
export type GraphQLAnswer = Readonly<{
  data?: Readonly<Record<string, unknown>> | null
  errors?: readonly GraphQLFailure[]
}>

const timeoutMs = 20_000

// Not `fetch`: loading it costs the supervisor 8 MB for as long as it runs.
const post = (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) },
      answer => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
        answer.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })

/**
 * Asks the gateway of this machine as any client would.
 * @throws SUBGRAPH_BAD_RESPONSE when the answer is not GraphQL
 */
export const ask = async (
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  token?: string,
): Promise<GraphQLAnswer> => {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const text = await post(url, headers, JSON.stringify({ query, variables }))
  try {
    return JSON.parse(text) as GraphQLAnswer
  } catch (error) {
    throw new MarqueeError('SUBGRAPH_BAD_RESPONSE', { service: 'gateway' }, { cause: error })
  }
}
