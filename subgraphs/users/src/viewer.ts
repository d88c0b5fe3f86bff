import { decodeId, type Identity } from '@marquee/contract'

/** The UUID of the signed-in user; null for anonymous callers and API clients. */
export const viewerOf = ({ identity }: Readonly<{ identity: Identity }>): string | null =>
  identity.subject === null ? null : decodeId('User', identity.subject)
