import { defineEntity, p } from '@marquee/data'

export type AuditKind =
  | 'signed-up'
  | 'signed-in'
  | 'sign-in-failed'
  | 'refreshed'
  | 'reuse-noticed'
  | 'role-granted'
  | 'client-made'
  | 'client-revoked'

/** Something that happened to an account: who, when, what, in which request; never a secret or an address. */
export const AuditEvent = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_event',
  properties: {
    id: p.uuid().primary(),
    accountId: p.uuid(),
    at: p.datetime(3),
    /** The account's. */
    bucket: p.smallint(),
    kind: p.text().$type<AuditKind>(),
    /** The client's request; null for what an operator did. */
    requestId: p.text().nullable(),
  },
})
