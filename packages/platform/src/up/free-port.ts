import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { MarqueeError } from '@marquee/contract'

/** Undefined when the port can be listened on, else the system's error code. */
const probe = (host: string, port: number): Promise<string | undefined> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })

/**
 * Makes sure that a port can be listened on.
 * @throws PORT_IN_USE, USAGE_INVALID (an address that is not ours, a port that needs more rights)
 */
export const requirePort = async (host: string, port: number): Promise<void> => {
  const code = await probe(host, port)
  if (code === undefined) return
  if (code === 'EADDRINUSE') throw new MarqueeError('PORT_IN_USE', { port })
  const why = code === 'EACCES' ? 'this port needs more rights: take one from 1024 up' : code
  throw new MarqueeError('USAGE_INVALID', {
    reason: `cannot listen on ${host}, port ${port} (${why})`,
    command: 'up',
  })
}

/**
 * A free port, from below the range that systems take ports of outgoing connections from: so it is still free when
 * the service that it is meant for starts a second later, or again after a crash.
 */
export const freePort = async (host: string, taken: ReadonlySet<number> = new Set()): Promise<number> => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(20_000, 32_000)
    if (!taken.has(port) && (await probe(host, port)) === undefined) return port
  }
  throw new MarqueeError('PORT_IN_USE', { port: '20000 to 32000' })
}
