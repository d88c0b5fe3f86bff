import { headers, MarqueeError } from '@marquee/contract'

/** A browser sends these from any page without asking first (Fetch, "CORS-safelisted request-header"). */
const simpleContentTypes = new Set(['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'])

const preflightHeaders = [headers.preflight, 'x-apollo-operation-name']

/** The type of a content-type header without its parameters, in lower case; undefined when it is not one. */
const essenceOf = (contentType: string): string | undefined => {
  const essence = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  return /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/.test(essence) ? essence : undefined
}

/**
 * Apollo's rule: what a browser would send from another site's page without a preflight is refused.
 * @throws CSRF_PREVENTED
 */
export const preventCrossSite = (received: Readonly<Record<string, string | string[] | undefined>>): void => {
  const contentType = received['content-type']
  if (contentType === 'application/json') return
  // A content type that is none makes a browser ask first, as one that is not simple does.
  if (typeof contentType === 'string' && !simpleContentTypes.has(essenceOf(contentType) ?? '')) return
  if (preflightHeaders.some(name => (received[name]?.length ?? 0) > 0)) return
  throw new MarqueeError('CSRF_PREVENTED')
}
