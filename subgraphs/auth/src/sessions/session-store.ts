import { MarqueeError } from '@marquee/contract'
import { bucketOf, sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { noting, type AuditNote } from '../audit/note-event.ts'
import type { AuditKind } from '../entities/audit-event.ts'
import { hashSecret } from '../tokens/opaque-secret.ts'
import { newRefreshToken } from '../tokens/refresh-token.ts'

export type RefreshToken = Readonly<{ refreshToken: string; refreshTokenExpiresAt: Date }>

const lifeOf = (days: number): number => days * 86_400

/** How it came about that a token was given, and in which request. */
export type Occasion = Readonly<{ kind: AuditKind; requestId: string | null }>

/** A sign-in, and whose it is. */
export type SessionOwner = Readonly<{ sessionId: string; accountId: string }>

const addToken = async (
  em: EntityManager,
  { sessionId, accountId }: SessionOwner,
  expiresAt: Date,
  occasion: Occasion,
): Promise<RefreshToken> => {
  const refreshToken = newRefreshToken(accountId)
  await noting(
    em,
    { accountId, ...occasion },
    'insert into refresh_token (hash, bucket, session_id, expires_at) values ($1, $2, $3, $4) returning session_id',
    [hashSecret(refreshToken), bucketOf(accountId), sessionId, expiresAt],
  )
  return { refreshToken, refreshTokenExpiresAt: expiresAt }
}

/** Begins a sign-in: a session with its first refresh token. */
export const startSession = async (
  em: EntityManager,
  accountId: string,
  refreshTokenDays: number,
  occasion: Occasion,
): Promise<RefreshToken> => {
  const [session] = await sqlRows<{ id: string; expires_at: Date }>(
    em,
    `insert into session (account_id, bucket, expires_at) values ($1, $2, now() + make_interval(secs => $3))
     returning id, expires_at`,
    [accountId, bucketOf(accountId), lifeOf(refreshTokenDays)],
  )
  if (session === undefined) throw new TypeError('the session was not stored')
  return addToken(em, { sessionId: session.id, accountId }, session.expires_at, occasion)
}

type Refreshed = SessionOwner & RefreshToken

/** Uses a token up. Of any number of simultaneous uses PostgreSQL lets one update the row; the others see it used. */
const claim = async (
  em: EntityManager,
  hash: Buffer,
  { refreshTokenDays, requestId }: Readonly<{ refreshTokenDays: number; requestId: string }>,
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
  const owner = { sessionId: claimed.session_id, accountId: claimed.account_id }
  return { ...(await addToken(em, owner, session.expires_at, { kind: 'refreshed', requestId })), ...owner }
}

/** Revokes the family of a token that was used before. @returns its session, or undefined when it was not */
const punishReuse = async (
  em: EntityManager,
  hash: Buffer,
  event: Omit<AuditNote, 'kind'>,
): Promise<string | undefined> => {
  const [used] = await sqlRows<{ session_id: string }>(
    em,
    'select session_id from refresh_token where hash = $1 and used_at is not null',
    [hash],
  )
  if (used === undefined) return undefined
  await noting(
    em,
    { ...event, kind: 'reuse-noticed' },
    `update session set revoked_at = coalesce(revoked_at, now()), revoked_reason = coalesce(revoked_reason, 'reused')
     where id = $1 returning id`,
    [used.session_id],
  )
  return used.session_id
}

/** A refresh token, and whose it is. */
export type OwnedToken = Readonly<{ refreshToken: string; accountId: string }>

/**
 * Exchanges a refresh token for the next of its family. Strict: a token works once, with no grace for a second use
 * that comes a moment later. A client that sends one token twice at a time signs itself out; what a grace would also
 * let through is a stolen token.
 * @param onReuse  told the sign-in whose token came back
 * @throws REFRESH_TOKEN_REUSED (the whole family is revoked), REFRESH_TOKEN_INVALID
 */
export const refreshSession = async (
  database: ShardedDatabase,
  { refreshToken, accountId }: OwnedToken,
  options: Readonly<{ refreshTokenDays: number; requestId: string; onReuse: (sessionId: string) => void }>,
): Promise<Refreshed> => {
  const hash = hashSecret(refreshToken)
  // The revocation must be committed, so the error is thrown after the transaction.
  const outcome = await database.transaction(
    accountId,
    async em =>
      (await claim(em, hash, options)) ??
      (await punishReuse(em, hash, { accountId, requestId: options.requestId })),
  )
  if (outcome === undefined) throw new MarqueeError('REFRESH_TOKEN_INVALID')
  if (typeof outcome !== 'string') return outcome
  options.onReuse(outcome)
  throw new MarqueeError('REFRESH_TOKEN_REUSED')
}

/**
 * Ends live sign-ins of an account.
 * @param refreshToken  the one that it belongs to; null: all of them
 * @returns how many it ended
 */
export const endSessions = (
  database: ShardedDatabase,
  accountId: string,
  refreshToken: string | null,
): Promise<number> =>
  database.transaction(accountId, async em => {
    const ended = await sqlRows(
      em,
      `update session set revoked_at = now(), revoked_reason = 'signed-out'
       where revoked_at is null and expires_at > now() and account_id = $1 and bucket = $2
         and ($3::bytea is null or id = (select session_id from refresh_token where hash = $3 and bucket = $2))
       returning id`,
      [accountId, bucketOf(accountId), refreshToken === null ? null : hashSecret(refreshToken)],
    )
    return ended.length
  })
