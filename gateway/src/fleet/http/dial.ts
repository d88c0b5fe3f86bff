import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

/** Opens a socket to the origin; `onReady` once it can be written to. */
export type Dial = (onread: OnReadOpts, onReady: () => void) => Socket

/**
 * @param origin  http or https; a name, an IPv4 address or an IPv6 one in brackets
 * @param ca      certificates (PEM) to trust instead of the system's
 */
export const dialer = (origin: URL, ca: string | undefined): Dial => {
  const host = origin.hostname.replace(/^\[|\]$/g, '')
  const isSecure = origin.protocol === 'https:'
  const port = Number(origin.port) || (isSecure ? 443 : 80)
  // A name may have addresses of both families, with a server behind one of them.
  const target = { host, port, autoSelectFamily: true }
  if (!isSecure) return (onread, onReady) => connect({ ...target, onread }, onReady).setNoDelay()

  const secure: ConnectionOptions = { ...target, ca, ALPNProtocols: ['http/1.1'] }
  // RFC 6066 3: no address in the server name.
  if (isIP(host) === 0) secure.servername = host
  let session: Buffer | undefined
  return (onread, onReady) => {
    // `onread` is documented for TLS sockets, but missing in their types.
    const options = { ...secure, session, onread } as ConnectionOptions
    return connectTls(options, onReady)
      .on('session', ticket => {
        session = ticket
      })
      .setNoDelay()
  }
}
