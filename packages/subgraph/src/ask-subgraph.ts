import { anonymous, signIdentity, type Identity } from '@marquee/contract'

/** An answer of a subgraph, as parsed JSON, with its HTTP status. */
export type SubgraphAnswer<Data = Record<string, unknown>> = Readonly<{
  status: number
  data?: Data | null
  errors?: readonly Readonly<{
    message: string
    path?: readonly (string | number)[]
    extensions: Readonly<{ code: string; mend?: string; id?: string }>
  }>[]
  extensions?: Readonly<Record<string, unknown>>
}>

/**
 * Asks a subgraph as its gateway would: signed. For tests, and for one service asking another.
 * @param url     where its GraphQL is, e.g. `http://127.0.0.1:4003/graphql`
 * @param secret  the shared secret; undefined sends no signature
 * @param name    the subgraph's name, for which the request is signed
 * @param identity  on whose behalf; anonymous unless told
 * @param options   further headers, and a signal that ends the wait
 */
// The caller knows the shape of what it asks for; nothing here could infer it.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export const askSubgraph = async <Data = Record<string, unknown>>(
  url: string,
  secret: string | undefined,
  name: string,
  operation: Readonly<{
    query: string
    variables?: Readonly<Record<string, unknown>>
    operationName?: string
  }>,
  identity: Identity = anonymous,
  options: Readonly<{ headers?: Readonly<Record<string, string>>; signal?: AbortSignal }> = {},
): Promise<SubgraphAnswer<Data>> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(secret === undefined ? {} : signIdentity(secret, name, identity)),
      ...options.headers,
    },
    body: JSON.stringify(operation),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const answer = (await response.json()) as Omit<SubgraphAnswer<Data>, 'status'>
  return { status: response.status, ...answer }
}
