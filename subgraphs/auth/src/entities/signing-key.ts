import { defineEntity, p, type InferEntity } from '@marquee/data'
import type { JWK } from 'jose'

/** A key that signs access tokens. Belongs to nobody, so to no bucket: every shard has the same ones. */
export const SigningKey = defineEntity({
  name: 'SigningKey',
  tableName: 'signing_key',
  properties: {
    /** Its JWK thumbprint (RFC 7638). */
    kid: p.text().primary(),
    publicJwk: p.json().$type<JWK>(),
    /** Encrypted: see key-cipher.ts. */
    privateKey: p.blob(),
    createdAt: p.datetime(),
    /** Published from the start, used from here on. */
    activeFrom: p.datetime(),
    /** When its successor takes over; null while there is none. */
    retiredAt: p.datetime().nullable(),
  },
})

export type SigningKeyRow = InferEntity<typeof SigningKey>
