import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MarqueeError } from '@marquee/contract'
import type { Registry } from 'prom-client'

/**
 * Serves `/metrics` for Prometheus.
 * @returns its address, and what ends it
 * @throws PORT_IN_USE
 */
export const serveMetrics = async (
  registry: Registry,
  { host, port }: Readonly<{ host: string; port: number }>,
): Promise<Readonly<{ url: string; close: () => Promise<void> }>> => {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    registry.metrics().then(
      text => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new MarqueeError('PORT_IN_USE', { port }, { cause: error })
    throw error
  }
  const { port: taken } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${taken}/metrics`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
