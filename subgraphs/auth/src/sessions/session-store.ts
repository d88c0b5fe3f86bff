import { MarqueeError } from '@marquee/contract'
import { sqlRows, type Database, type EntityManager } from '@marquee/data'
import { hashSecret, opaqueSecret } from '../tokens/opaque-secret.ts'

export type RefreshToken = Readonly<{ refreshToken: string; refreshTokenExpiresAt: Date }>

const lifeOf = (days: number): number => days * 86_400

const addToken = async (em: EntityManager, sessionId: string, expiresAt: Date): Promise<RefreshToken> => {
  const refreshToken = opaqueSecret('mqr')
  await sqlRows(em, 'insert into refresh_token (hash, session_id, expires_at) values ($1, $2, $3)', [
    hashSecret(refreshToken),
    sessionId,
    expiresAt,
  ])
  return { refreshToken, refreshTokenExpiresAt: expiresAt }
}

/** Begins a sign-in: a session with its first refresh token. */
export const startSession = async (
  em: EntityManager,
  accountId: string,
  refreshTokenDays: number,
): Promise<RefreshToken> => {
  const [session] = await sqlRows<{ id: string; expires_at: Date }>(
    em,
    `insert into session (account_id, expires_at) values ($1, now() + make_interval(secs => $2))
     returning id, expires_at`,
    [accountId, lifeOf(refreshTokenDays)],
  )
  if (session === undefined) throw new TypeError('the session was not stored')
  return addToken(em, session.id, session.expires_at)
}

type Refreshed = Readonly<{ accountId: string; sessionId: string }> & RefreshToken

/** Uses a token up. Of any number of simultaneous uses PostgreSQL lets one update the row; the others see it used. */
const claim = async (
  em: EntityManager,
  hash: Buffer,
  refreshTokenDays: number,
): Promise<Refreshed | undefined> => {
  const [claimed] = await sqlRows<{ session_id: string; account_id: string }>(
    em,
    `update refresh_token t set used_at = now() from session s
     where t.hash = $1 and t.used_at is null and t.expires_at > now() and s.id = t.session_id and s.revoked_at is null
     returning t.session_id, s.account_id`,
    [hash],
  )
  if (claimed === undefined) return undefined
  const [session] = await sqlRows<{ expires_at: Date }>(
    em,
    'update session set expires_at = now() + make_interval(secs => $2) where id = $1 returning expires_at',
    [claimed.session_id, lifeOf(refreshTokenDays)],
  )
  if (session === undefined) return undefined
  const token = await addToken(em, claimed.session_id, session.expires_at)
  return { ...token, accountId: claimed.account_id, sessionId: claimed.session_id }
}

/** Revokes the family of a token that was used before. @returns its session, or undefined when it was not */
const punishReuse = async (em: EntityManager, hash: Buffer): Promise<string | undefined> => {
  const [used] = await sqlRows<{ session_id: string }>(
    em,
    'select session_id from refresh_token where hash = $1 and used_at is not null',
    [hash],
  )
  if (used === undefined) return undefined
  await sqlRows(
    em,
    `update session set revoked_at = now(), revoked_reason = 'reused' where id = $1 and revoked_at is null`,
    [used.session_id],
  )
  return used.session_id
}

/**
 * Exchanges a refresh token for the next of its family. Strict: a token works once, with no grace for a second use
 * that comes a moment later. A client that sends one token twice at a time signs itself out; what a grace would also
 * let through is a stolen token.
 * @param onReuse  told the sign-in whose token came back
 * @throws REFRESH_TOKEN_REUSED (the whole family is revoked), REFRESH_TOKEN_INVALID
 */
export const refreshSession = async (
  database: Database,
  refreshToken: string,
  options: Readonly<{ refreshTokenDays: number; onReuse: (sessionId: string) => void }>,
): Promise<Refreshed> => {
  const hash = hashSecret(refreshToken)
  // The revocation must be committed, so the error is thrown after the transaction.
  const outcome = await database.transaction(
    async em => (await claim(em, hash, options.refreshTokenDays)) ?? (await punishReuse(em, hash)),
  )
  if (outcome === undefined) throw new MarqueeError('REFRESH_TOKEN_INVALID')
  if (typeof outcome !== 'string') return outcome
  options.onReuse(outcome)
  throw new MarqueeError('REFRESH_TOKEN_REUSED')
}

/**
 * Ends live sign-ins: the one that a refresh token belongs to, and all of an account.
 * @returns how many it ended
 */
export const endSessions = (
  database: Database,
  which: Readonly<{ refreshToken: string | null; accountId: string | null }>,
): Promise<number> =>
  database.transaction(async em => {
    const ended = await sqlRows(
      em,
      `update session set revoked_at = now(), revoked_reason = 'signed-out'
       where revoked_at is null and expires_at > now()
         and (account_id = $1 or id = (select session_id from refresh_token where hash = $2))
       returning id`,
      [which.accountId, which.refreshToken === null ? null : hashSecret(which.refreshToken)],
    )
    return ended.length
  })
