import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { answerText } from './answer-text.ts'
import { shopSchemas } from './schemas.ts'
import { shop, type Data } from './shop.ts'
import { wideData } from './wide.ts'

// All subgraphs of one graph in one process, each on a port of its own. Arguments: `shop`, or `wide COUNT`.
// Prints one line of JSON when it listens: { subgraphs: { name: url }, control: url }.

type Recorded = Readonly<{ url: string; body: string; level: number }>

/** What the bench sets and reads over the control port. */
const state = {
  requests: 0,
  /** Each answer waits so long; every `slowEvery`th only, where that is not 0. */
  delayMs: 0,
  slowEvery: 0,
  recorded: undefined as Recorded[] | undefined,
  lastAt: 0,
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const send = (response: ServerResponse, text: string): void => {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

/**
 * While recording each answer is held back for a while, so what arrives after a pause was waiting for the answers
 * before: it is the next level of the plan.
 */
const record = (url: string, body: string): void => {
  const now = performance.now()
  const before = state.recorded?.at(-1)
  const level = before === undefined ? 0 : before.level + (now - state.lastAt > state.delayMs / 2 ? 1 : 0)
  state.lastAt = now
  state.recorded?.push({ url, body, level })
}

const listen = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> => {
  const server = createServer({ keepAliveTimeout: 600_000 }, handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const serveSubgraph = async (data: Data): Promise<string> => {
  const answer = answerText(data)
  const url = await listen((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? ''
      state.requests += 1
      if (state.recorded !== undefined) record(url, body)
      const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> }
      const text = `{"data":${answer(query, variables ?? {})}}`
      const isSlow = state.delayMs > 0 && (state.slowEvery === 0 || state.requests % state.slowEvery === 0)
      if (isSlow) setTimeout(send, state.delayMs, response, text)
      else send(response, text)
    })
  })
  return url
}

const control = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = await bodyOf(request)
  const was = { requests: state.requests, recorded: state.recorded }
  const { record: isRecording, ...wanted } = JSON.parse(body) as Partial<typeof state> & { record?: boolean }
  Object.assign(state, wanted)
  if (isRecording !== undefined) state.recorded = isRecording ? [] : undefined
  send(response, JSON.stringify(was))
}

const [graph, count] = process.argv.slice(2)
const data = graph === 'wide' ? wideData(Number(count)) : shop
const subgraphs: Record<string, string> = {}
for (const [name, { fields, entity }] of Object.entries(data)) {
  // For Federation 1 gateways, which do not know that directive.
  const service = { __typename: '_Service', sdl: shopSchemas[name]?.replaceAll(' @shareable', '') }
  subgraphs[name] = await serveSubgraph({ fields: { ...fields, 'Query._service': () => service }, entity })
}
const controlUrl = await listen((request, response) => void control(request, response))
console.log(JSON.stringify({ subgraphs, control: controlUrl }))
