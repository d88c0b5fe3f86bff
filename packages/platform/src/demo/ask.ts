import { MarqueeError } from '@marquee/contract'

export type GraphQLFailure = Readonly<{ message: string; extensions?: Readonly<{ code?: string }> }>
export type GraphQLAnswer = Readonly<{
  data?: Readonly<Record<string, unknown>> | null
  errors?: readonly GraphQLFailure[]
}>

const timeoutMs = 20_000

/** Asks the gateway as any client would. @throws SUBGRAPH_BAD_RESPONSE when the answer is not GraphQL */
export const ask = async (
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  token?: string,
): Promise<GraphQLAnswer> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  try {
    return (await response.json()) as GraphQLAnswer
  } catch (error) {
    throw new MarqueeError('SUBGRAPH_BAD_RESPONSE', { service: 'gateway' }, { cause: error })
  }
}
