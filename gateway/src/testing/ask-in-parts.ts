export type JsonPart = Readonly<Record<string, unknown>>

/** An answer that is read while it comes. */
export type PartedReply = Readonly<{
  status: number
  headers: Headers
  /** The next part; undefined when there is none. */
  next: () => Promise<JsonPart | undefined>
  /** All parts that are still to come. */
  rest: () => Promise<readonly JsonPart[]>
  /** The client goes away. */
  leave: () => void
}>

const partsIn = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<JsonPart, void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    for (;;) {
      // A part is complete with the boundary behind it.
      const end = text.indexOf('\r\n---', 1)
      if (end === -1) break
      const head = text.indexOf('\r\n\r\n')
      if (head !== -1 && head < end) yield JSON.parse(text.slice(head, end)) as JsonPart
      text = text.slice(end)
      if (text.startsWith('\r\n-----\r\n')) return
    }
  }
  throw new Error(`the answer breaks off: ${text}`)
}

/** Sends one GraphQL request by POST whose answer may come in parts. */
export const askInParts = async (
  url: string,
  accept: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<PartedReply> => {
  const controller = new AbortController()
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query, variables }),
    signal: controller.signal,
  })
  const parts = partsIn(response.body as unknown as AsyncIterable<Uint8Array>)
  const next = async (): Promise<JsonPart | undefined> => (await parts.next()).value ?? undefined
  return {
    status: response.status,
    headers: response.headers,
    next,
    rest: async () => {
      const rest: JsonPart[] = []
      for (let part = await next(); part !== undefined; part = await next()) rest.push(part)
      return rest
    },
    leave: () => controller.abort(),
  }
}
