import { defineEntity, p } from '@marquee/data'

/** One sign-in: the family of the refresh tokens that descend from it. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'session',
  properties: {
    id: p.uuid().primary(),
    accountId: p.uuid(),
    /** The account's. */
    bucket: p.smallint(),
    createdAt: p.datetime(),
    /** When its newest refresh token expires. */
    expiresAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
    revokedReason: p.text().$type<'signed-out' | 'reused'>().nullable(),
  },
})
