import { encodeId, MarqueeError } from '@marquee/contract'
import type { EntityManager } from '@marquee/data'
import type { GraphQLResolveInfo } from 'graphql'
import { replacePasswordHash } from '../accounts/account-store.ts'
import { createAccount } from '../accounts/create-account.ts'
import { normalEmail, readInput, signUpRules } from '../accounts/input-rules.ts'
import type { AuthContext, AuthServices } from '../auth-services.ts'
import type { AuditKind } from '../entities/audit-event.ts'
import type { AccountRow } from '../entities/account.ts'
import { endSessions, refreshSession, startSession, type RefreshToken } from '../sessions/session-store.ts'
import { scopesOf, type AccessToken } from '../tokens/access-token.ts'
import { requireAccount } from './require-account.ts'
import type { UserSource } from './user-resolvers.ts'

type Session = AccessToken & RefreshToken & Readonly<{ user: UserSource }>
type SignUpInput = Readonly<{ email: string; password: string; name: string }>
type SignInInput = Readonly<{ email: string; password: string }>

/** `signUp`, `signIn`, `refresh`, `signOut`. */
export const sessionMutations = (services: AuthServices) => {
  const { config, database, hasher, limits, noteLater, signAccessToken, sweepSessions } = services

  const sessionOf = async (account: AccountRow, token: RefreshToken): Promise<Session> => ({
    ...(await signAccessToken({
      subject: encodeId('User', account.id),
      scopes: scopesOf(account.roles),
      client: null,
      tier: 'user',
    })),
    refreshToken: token.refreshToken,
    refreshTokenExpiresAt: token.refreshTokenExpiresAt,
    user: { account, isSelf: true },
  })

  const start =
    (kind: AuditKind, requestId: string) =>
    (em: EntityManager, account: AccountRow): Promise<RefreshToken> =>
      startSession(em, account.id, config.refreshTokenDays, { kind, requestId })

  const signUp = async (
    _source: unknown,
    args: { input: SignUpInput },
    { loaders, log, requestId }: AuthContext,
    info: GraphQLResolveInfo,
  ): Promise<Session> => {
    const { email, password, name } = readInput(signUpRules, args.input)
    await limits.signUp(email, info)
    if ((await loaders.accountByEmail.load(email)) !== null) throw new MarqueeError('EMAIL_TAKEN')
    const passwordHash = await hasher.hash(password)
    const { account, more: token } = await createAccount(
      database,
      { email, name, passwordHash },
      start('signed-up', requestId),
    )
    log.info({ account: account.id }, 'signed up')
    return sessionOf(account, token)
  }

  const signIn = async (
    _source: unknown,
    args: { input: SignInInput },
    { loaders, log, requestId }: AuthContext,
    info: GraphQLResolveInfo,
  ): Promise<Session> => {
    const email = normalEmail(args.input.email)
    await limits.signIn(email, info)
    const account = await loaders.accountByEmail.load(email)
    const isRight = await hasher.verify(account?.passwordHash, args.input.password)
    if (account === null || !isRight) {
      // Not waited for: the time of an answer must not tell whether there is such an account.
      if (account !== null) noteLater({ accountId: account.id, kind: 'sign-in-failed', requestId }, log)
      throw new MarqueeError('SIGN_IN_FAILED')
    }
    const newHash = hasher.isOutdated(account.passwordHash)
      ? await hasher.hash(args.input.password)
      : undefined
    const token = await database.transaction(account.id, async em => {
      if (newHash !== undefined) await replacePasswordHash(em, account, newHash)
      return start('signed-in', requestId)(em, account)
    })
    log.info({ account: account.id }, 'signed in')
    return sessionOf(account, token)
  }

  const refresh = async (
    _source: unknown,
    args: { refreshToken: string },
    { loaders, log, requestId }: AuthContext,
    info: GraphQLResolveInfo,
  ): Promise<Session> => {
    // A token that we never gave is limited by itself: it can only be tried again, never become right.
    const known = await loaders.sessionOfToken.load(args.refreshToken)
    await limits.refresh(known?.sessionId ?? args.refreshToken, info)
    if (known === null) throw new MarqueeError('REFRESH_TOKEN_INVALID')
    const { accountId } = known
    const refreshed = await refreshSession(
      database,
      { refreshToken: args.refreshToken, accountId },
      {
        refreshTokenDays: config.refreshTokenDays,
        requestId,
        onReuse: session => log.warn({ session }, 'a refresh token was used twice: its sign-in is revoked'),
      },
    )
    await sweepSessions(accountId, err => log.warn({ err }, 'expired sign-ins could not be deleted'))
    const account = await loaders.account.load(accountId)
    if (account === null) throw new MarqueeError('REFRESH_TOKEN_INVALID')
    return sessionOf(account, refreshed)
  }

  const signOut = async (
    _source: unknown,
    { refreshToken = null, everywhere }: { refreshToken?: string | null; everywhere: boolean },
    context: AuthContext,
  ): Promise<boolean> => {
    if (refreshToken === null && !everywhere) {
      throw new MarqueeError('BAD_USER_INPUT', { reason: 'pass `refreshToken`, or `everywhere: true`.' })
    }
    const viewer = everywhere ? (await requireAccount(context)).id : null
    const session = refreshToken === null ? null : await context.loaders.sessionOfToken.load(refreshToken)
    let ended = viewer === null ? 0 : await endSessions(database, viewer, null)
    if (session !== null && session.accountId !== viewer) {
      ended += await endSessions(database, session.accountId, refreshToken)
    }
    return ended > 0
  }

  return Object.freeze({ signUp, signIn, refresh, signOut })
}
