import { createHmac, timingSafeEqual } from 'node:crypto'
import { headers } from './headers.ts'
import { anonymous, identitySchema, type Identity } from './identity.ts'
import { MarqueeError } from './marquee-error.ts'

/** How far the clocks of gateway and subgraph may be apart, and so how long a stolen header is of use. */
const maxSkewSeconds = 60

const macOf = (secret: string, subgraph: string, seconds: number, identity: string): Buffer =>
  createHmac('sha256', secret).update(`v1\n${subgraph}\n${seconds}\n${identity}`).digest()

/**
 * The headers that tell a subgraph who asks, and prove that the gateway says so: HMAC-SHA256 over subgraph name,
 * time and identity. The body is not signed: between gateway and subgraph lies TLS or a private network.
 * @param nowMs  milliseconds since 1970
 */
export const signIdentity = (
  secret: string,
  subgraph: string,
  identity: Identity,
  nowMs: number = Date.now(),
): Readonly<Record<string, string>> => {
  const encoded = Buffer.from(JSON.stringify(identity)).toString('base64url')
  const seconds = Math.floor(nowMs / 1000)
  const mac = macOf(secret, subgraph, seconds, encoded).toString('base64url')
  return { [headers.identity]: encoded, [headers.signature]: `v1.${seconds}.${mac}` }
}

const refuse = (reason: string): never => {
  throw new MarqueeError('CALLER_NOT_GATEWAY', { reason })
}

/**
 * Reads what `signIdentity` wrote.
 * @throws CALLER_NOT_GATEWAY when the signature is missing, wrong, for another subgraph, or too old
 */
export const verifyIdentity = (
  secret: string,
  subgraph: string,
  received: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number = Date.now(),
): Identity => {
  const encoded = received[headers.identity] ?? ''
  const signature = received[headers.signature]
  if (typeof signature !== 'string' || typeof encoded !== 'string') return refuse('its signature is missing')
  const [version, time, mac] = signature.split('.')
  const seconds = Number(time)
  if (version !== 'v1' || mac === undefined || !Number.isInteger(seconds))
    return refuse('its signature is malformed')
  if (Math.abs(nowMs / 1000 - seconds) > maxSkewSeconds) return refuse('its signature is too old')
  const expected = macOf(secret, subgraph, seconds, encoded)
  const given = Buffer.from(mac, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return refuse('its signature is wrong')
  if (encoded === '') return anonymous
  return Object.freeze(identitySchema.parse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))))
}
