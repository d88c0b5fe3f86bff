/** What a GraphQL server answered, with what HTTP said beside it. */
export type Reply = Readonly<{
  status: number
  headers: Headers
  body: {
    data?: Record<string, unknown> | null
    errors?: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[]
  }
}>

/** Sends one GraphQL request by POST. */
export const ask = async (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Reply['body'],
  }
}

/** The codes of the errors in an answer. */
export const codesOf = (body: Pick<Reply['body'], 'errors'>): unknown[] =>
  (body.errors ?? []).map(error => error.extensions['code'])
