import { createHash } from 'node:crypto'
import { MarqueeError } from '@marquee/contract'
import { byteLru } from './byte-lru.ts'

/** Documents by hash, as clients register them (automatic persisted queries, Apollo's protocol version 1). */
export type PersistedQueries = Readonly<{
  /**
   * @param hash  SHA-256 of the document, in hex
   * @param text  the document, when the client sends both in order to register it
   * @returns the document
   * @throws PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_HASH_MISMATCH, PERSISTED_QUERY_NOT_SUPPORTED
   */
  resolve: (hash: string, text: string | undefined) => string
}>

export const persistedQueries = (
  config: Readonly<{ enabled: boolean; maxBytes: number }>,
): PersistedQueries => {
  const stored = byteLru<string>(config.maxBytes)
  return Object.freeze({
    resolve: (hash: string, text: string | undefined) => {
      if (!config.enabled) throw new MarqueeError('PERSISTED_QUERY_NOT_SUPPORTED')
      if (text === undefined) {
        const found = stored.get(hash)
        if (found === undefined) throw new MarqueeError('PERSISTED_QUERY_NOT_FOUND')
        return found
      }
      if (createHash('sha256').update(text).digest('hex') !== hash) {
        throw new MarqueeError('PERSISTED_QUERY_HASH_MISMATCH')
      }
      stored.set(hash, text, text.length * 2 + 128)
      return text
    },
  })
}
