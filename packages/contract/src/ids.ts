import { createHash } from 'node:crypto'
import { MarqueeError } from './marquee-error.ts'

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const dashed = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`

/**
 * The id that clients see: `Movie_` and the UUID in 22 characters of base64url. The type is in it so that an id of
 * another type is an error rather than a miss.
 */
export const encodeId = (type: string, uuid: string): string =>
  `${type}_${Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url')}`

/**
 * The UUID in a client's id.
 * @throws INVALID_ID when it is not an id of `type`
 */
export const decodeId = (type: string, id: string): string => {
  const encoded = id.startsWith(`${type}_`) ? id.slice(type.length + 1) : ''
  const bytes = Buffer.from(encoded, 'base64url')
  const uuid = dashed(bytes.toString('hex'))
  // Compared with its own encoding, so that each row has exactly one id.
  if (bytes.length !== 16 || !uuidPattern.test(uuid) || encodeId(type, uuid) !== id) {
    throw new MarqueeError('INVALID_ID', { id: id.slice(0, 80), type })
  }
  return uuid
}

/** A UUID that is always the same for the same type and name (RFC 9562, version 5). */
export const uuidFromName = (type: string, name: string): string => {
  const namespace = Buffer.from('6d617271756565008000000000000000', 'hex') // "marquee"
  const hash = createHash('sha1').update(namespace).update(`${type}\n${name}`).digest().subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  return dashed(hash.toString('hex'))
}
