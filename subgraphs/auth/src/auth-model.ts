import type { DomainModel } from '@marquee/data'
import { Account } from './entities/account.ts'
import { ApiClient } from './entities/api-client.ts'
import { AuditEvent } from './entities/audit-event.ts'
import { EmailReservation } from './entities/email-reservation.ts'
import { RefreshToken } from './entities/refresh-token.ts'
import { Session } from './entities/session.ts'
import { SigningKey } from './entities/signing-key.ts'
import { M0001Accounts } from './migrations/m0001-accounts.ts'
import { M0002Shards } from './migrations/m0002-shards.ts'
import { M0003AuditEvents } from './migrations/m0003-audit-events.ts'

/** What the domain `auth` keeps: tables and the migrations that make them, oldest first. */
export const authModel: DomainModel = Object.freeze({
  domain: 'auth',
  sharded: true,
  entities: Object.freeze([
    Account,
    EmailReservation,
    Session,
    RefreshToken,
    ApiClient,
    SigningKey,
    AuditEvent,
  ]),
  migrations: Object.freeze([
    { name: 'm0001-accounts', class: M0001Accounts },
    { name: 'm0002-shards', class: M0002Shards },
    { name: 'm0003-audit-events', class: M0003AuditEvents },
  ]),
})
