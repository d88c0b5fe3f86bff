import type { DomainModel } from '@marquee/data'
import { Account } from './entities/account.ts'
import { ApiClient } from './entities/api-client.ts'
import { RefreshToken } from './entities/refresh-token.ts'
import { Session } from './entities/session.ts'
import { SigningKey } from './entities/signing-key.ts'
import { M0001Accounts } from './migrations/m0001-accounts.ts'

/** What the domain `auth` keeps: tables and the migrations that make them, oldest first. */
export const authModel: DomainModel = Object.freeze({
  domain: 'auth',
  entities: Object.freeze([Account, Session, RefreshToken, ApiClient, SigningKey]),
  migrations: Object.freeze([{ name: 'm0001-accounts', class: M0001Accounts }]),
})
