import { defineEntity, p } from '@marquee/data'

/** One refresh token, known by its hash alone. Used tokens stay until they expire, so that a reuse is noticed. */
export const RefreshToken = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_token',
  properties: {
    hash: p.blob().primary(),
    sessionId: p.uuid(),
    /** The account's. */
    bucket: p.smallint(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
    usedAt: p.datetime().nullable(),
  },
})
