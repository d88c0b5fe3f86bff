import { defineEntity, p, type InferEntity } from '@marquee/data'

export type ClientTier = 'PARTNER' | 'INTERNAL'

/** A program that asks on its own behalf. */
export const ApiClient = defineEntity({
  name: 'ApiClient',
  tableName: 'api_client',
  properties: {
    /** Has the bucket in it: see ids/time-ordered-id.ts. */
    id: p.uuid().primary(),
    ownerId: p.uuid(),
    /** The owner's. */
    bucket: p.smallint(),
    name: p.text(),
    tier: p.text().$type<ClientTier>(),
    scopes: p.array().columnType('text[]').$type<string[]>(),
    secretHash: p.blob(),
    createdAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
  },
})

export type ApiClientRow = InferEntity<typeof ApiClient>
