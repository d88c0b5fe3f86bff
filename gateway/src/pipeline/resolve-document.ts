import { MarqueeError } from '@marquee/contract'
import { z } from 'zod'
import type { PersistedQueries } from '../documents/persisted-queries.ts'
import type { GraphqlRequest } from './receive.ts'

/** @returns the text of the document */
export type ResolveDocument = (request: GraphqlRequest) => string

const persistedSchema = z.object({
  version: z.literal(1),
  sha256Hash: z.string().regex(/^[0-9a-f]{64}$/i),
})

/**
 * The document itself, or the one that was stored under the hash sent.
 * @throws BAD_REQUEST, PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED, PERSISTED_QUERY_HASH_MISMATCH
 */
export const documentResolver =
  (persisted: PersistedQueries): ResolveDocument =>
  ({ query, extensions }) => {
    const given = extensions['persistedQuery']
    if (given !== undefined && given !== null) {
      const { data } = persistedSchema.safeParse(given)
      if (data === undefined) {
        throw new MarqueeError('BAD_REQUEST', {
          reason: '`extensions.persistedQuery` must be `{ version: 1, sha256Hash }` with a hash in hex',
        })
      }
      return persisted.resolve(data.sha256Hash.toLowerCase(), query)
    }
    if (query === undefined || query === '')
      throw new MarqueeError('BAD_REQUEST', { reason: '`query` is missing' })
    return query
  }
