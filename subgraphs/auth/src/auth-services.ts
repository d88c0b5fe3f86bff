import type { ShardedDatabase } from '@marquee/data'
import type { RequestContext } from '@marquee/subgraph'
import type { AuditNote } from './audit/note-event.ts'
import type { AuthConfig } from './config.ts'
import type { AuthLimits } from './limits/auth-limits.ts'
import type { AuthLoaders } from './loaders/auth-loaders.ts'
import type { PasswordHasher } from './passwords/password-hasher.ts'
import type { AccessTokenSigner } from './tokens/access-token.ts'

/** What the resolvers of mutations work with; one of each for the whole process. */
export type AuthServices = Readonly<{
  config: AuthConfig
  database: ShardedDatabase
  hasher: PasswordHasher
  limits: AuthLimits
  /** Notes an event without anybody waiting; says so in the log when that fails. */
  noteLater: (event: AuditNote, log: Pick<AuthContext['log'], 'warn'>) => void
  signAccessToken: AccessTokenSigner
  sweepSessions: (accountId: string, onFailure: (error: unknown) => void) => Promise<void>
}>

export type AuthContext = RequestContext<AuthLoaders>
