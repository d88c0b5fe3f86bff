import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  decodeConsistencyToken,
  encodeConsistencyToken,
  headers,
  MarqueeError,
  type ConsistencyToken,
} from '@marquee/contract'
import { consistencyLedger } from '../executor/consistency-ledger.ts'
import type { RawRequest } from './receive.ts'

/** What a caller says it has seen. @throws CONSISTENCY_TOKEN_INVALID for a header that is not one of ours */
export type SeenBy = (headers: RawRequest['headers']) => ConsistencyToken

/** The header and the cookie by which it says so next time. */
export type TokenHeaders = (seen: ConsistencyToken) => Readonly<Record<string, string>>

const cookieName = 'marquee-consistency'
/** Room for some sixty databases. */
const longest = 4096
/** Long after this, readers that lag so far are not asked at all. */
const maxAgeSeconds = 300

const cookiePattern = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w.-]+)`)

const isSame = (given: string, expected: string): boolean => {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/**
 * Tokens for clients: `v1.<token>.<HMAC-SHA256>`, so that nobody can send all reads to the writers by claiming to have
 * seen the future. Browsers carry it as a cookie without doing anything.
 * @param secret  without one tokens are not signed, `v0.<token>`
 */
export const consistencyTokens = (
  secret: string | undefined,
): Readonly<{ seenBy: SeenBy; headersFor: TokenHeaders }> => {
  const sealed = (payload: string): string => {
    if (secret === undefined) return `v0.${payload}`
    const mac = createHmac('sha256', secret).update(`consistency\n${payload}`).digest('base64url')
    return `v1.${payload}.${mac}`
  }
  const open = (text: string): ConsistencyToken | undefined => {
    const [, payload = ''] = text.split('.')
    return text.length <= longest && isSame(text, sealed(payload))
      ? decodeConsistencyToken(payload)
      : undefined
  }
  return Object.freeze({
    seenBy: received => {
      const header = received[headers.consistency]
      const given = typeof header === 'string' && header !== '' ? open(header) : {}
      if (given === undefined)
        throw new MarqueeError('CONSISTENCY_TOKEN_INVALID', { header: headers.consistency })
      const [, cookie] = cookiePattern.exec(String(received['cookie'] ?? '')) ?? []
      if (cookie === undefined) return given
      // What a browser keeps nobody can mend: a secret that has changed is no error there.
      const ledger = consistencyLedger(open(cookie) ?? {})
      ledger.advance(given)
      return ledger.token()
    },
    headersFor: token => {
      const text = sealed(encodeConsistencyToken(token))
      const cookie = `${cookieName}=${text}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`
      return { [headers.consistency]: text, 'set-cookie': cookie }
    },
  })
}
