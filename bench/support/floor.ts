import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { HttpPool } from '../../gateway/src/fleet/http/http-pool.ts'
import type { Recorded } from '../gateway/subgraphs/start-subgraphs.ts'

// What the network costs by itself: the requests that a gateway was seen to make, level by level, with Marquee's own
// HTTP client; each answer parsed, the final answer written. No GraphQL.
// Arguments: the recording (a file of JSON: { requests, answer }), the port, and `share` for sharing equal requests.

const [file = '', port, share] = process.argv.slice(2)
const recording = JSON.parse(await readFile(file, 'utf8')) as { requests: Recorded[]; answer: string }
const { requests } = recording
const answer = Buffer.from(recording.answer)

const options = {
  connections: 128,
  connectTimeoutMs: 2000,
  keepAliveMs: 4000,
  maxAnswerBytes: 64 * 1024 * 1024,
  firstByteTimeoutMs: 30_000,
}
const pools = new Map(requests.map(({ url }) => [url, new HttpPool(new URL(url), options)]))
const headerLines = 'content-type: application/json\r\naccept: application/json\r\n'

type Send = (request: Recorded) => Promise<unknown>

const send: Send = async ({ url, body }) => {
  const { body: text } = (await pools.get(url)?.post('/', headerLines, body, undefined, true)) ?? {}
  return JSON.parse(text ?? '')
}

const sharing = (next: Send): Send => {
  const inFlight = new Map<Recorded, Promise<unknown>>()
  return request => {
    const running = inFlight.get(request)
    if (running !== undefined) return running
    const started = next(request).finally(() => inFlight.delete(request))
    inFlight.set(request, started)
    return started
  }
}

const levels: Recorded[][] = []
for (const request of requests) (levels[request.level] ??= []).push(request)

const run = share === 'share' ? sharing(send) : send
const answerOnce = async (): Promise<void> => {
  for (const level of levels) await Promise.all(level.map(run))
}

createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    answerOnce().then(
      () => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
        response.end(answer)
      },
      (error: unknown) => response.writeHead(502).end(String(error)),
    )
  })
}).listen(Number(port), '127.0.0.1')
