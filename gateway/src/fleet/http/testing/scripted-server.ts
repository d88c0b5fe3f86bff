import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpOptions } from '../http-answer.ts'
import { HttpPool } from '../http-pool.ts'

/** One request as it came, and where its answer goes. */
export type Received = Readonly<{
  socket: Socket
  head: string
  body: string
  /** Which connection of the server this is, from 0. */
  connection: number
}>

export type ScriptedServer = Readonly<{
  origin: URL
  received: Received[]
  /** Every connection that was ever opened. */
  sockets: Socket[]
  close: () => Promise<void>
}>

/** What it returns is not waited for. */
type Script = (request: Received, index: number) => unknown

const watch = (socket: Socket, connection: number, received: Received[], script: Script): void => {
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    for (;;) {
      const stop = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/.exec(text)?.[1])
      if (stop < 0 || text.length < stop + 4 + length) return
      const body = Buffer.from(text.slice(stop + 4, stop + 4 + length), 'latin1').toString()
      const request = { socket, head: text.slice(0, stop), body, connection }
      text = text.slice(stop + 4 + length)
      received.push(request)
      script(request, received.length - 1)
    }
  })
}

/** Listens with a server of node:net or node:tls, and answers each request with the bytes that `script` writes. */
export const startScriptedServer = async (
  script: Script,
  server: Server = createServer(),
  event = 'connection',
  host = '127.0.0.1',
): Promise<ScriptedServer> => {
  const received: Received[] = []
  const sockets: Socket[] = []
  server.on(event, (socket: Socket) => {
    watch(socket, sockets.push(socket) - 1, received, script)
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    origin: new URL(`http://${name}:${port}`),
    received,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export const testOptions: HttpOptions = {
  connections: 4,
  connectTimeoutMs: 1000,
  keepAliveMs: 1000,
  maxAnswerBytes: 1_000_000,
  firstByteTimeoutMs: 2000,
}

/** A scripted server and a pool to it, both closed in the end. */
export const withPool = async (
  script: Script,
  run: (pool: HttpPool, server: ScriptedServer) => Promise<void>,
  options: Partial<HttpOptions> = {},
): Promise<void> => {
  const server = await startScriptedServer(script)
  const pool = new HttpPool(server.origin, { ...testOptions, ...options })
  try {
    await run(pool, server)
  } finally {
    await pool.close()
    await server.close()
  }
}

/** An answer with a length. */
export const ok = (body: string, fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** @returns the body of the answer */
export const post = async (
  pool: HttpPool,
  body = '{}',
  signal?: AbortSignal,
  isIdempotent = false,
): Promise<string> =>
  (await pool.post('/graphql', 'content-type: application/json\r\n', body, signal, isIdempotent)).body

/** Waits for what happens outside of a test's own steps. */
export const until = async (isSo: () => boolean): Promise<void> => {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 400) throw new Error('it did not happen')
    await sleep(5)
  }
}
