import { randomUUID } from 'node:crypto'
import type { Identity } from '@marquee/contract'
import { SignJWT } from 'jose'
import type { AuthConfig } from '../config.ts'
import type { Role } from '../entities/account.ts'
import type { Keyring } from './keyring.ts'

export type AccessToken = Readonly<{ accessToken: string; accessTokenExpiresAt: Date }>

/** Signs what the gateway will know of a caller. */
export type AccessTokenSigner = (identity: Identity) => Promise<AccessToken>

const scopesOfRole: Readonly<Record<Role, readonly string[]>> = {
  MEMBER: ['user'],
  MODERATOR: ['moderate'],
  ADMIN: ['admin', 'moderate'],
}

/** The scopes that roles give, each once. */
export const scopesOf = (roles: readonly Role[]): readonly string[] => [
  ...new Set(roles.flatMap(role => scopesOfRole[role])),
]

/**
 * Access tokens are JSON Web Tokens signed with Ed25519 (RFC 8037). Claims: `iss`, `aud`, `iat`, `exp`, `jti`, `sub`
 * (a person's `User_…`) or `client` (`ApiClient_…`), `scope` (separated by spaces), `tier`.
 */
export const accessTokenSigner =
  (keyring: Keyring, config: AuthConfig): AccessTokenSigner =>
  async identity => {
    const { kid, privateKey } = await keyring.signingKey()
    const issuedAt = Math.floor(Date.now() / 1000)
    const expiresAt = issuedAt + config.accessTokenSeconds
    const accessToken = await new SignJWT({
      ...(identity.subject === null ? {} : { sub: identity.subject }),
      ...(identity.client === null ? {} : { client: identity.client }),
      scope: identity.scopes.join(' '),
      tier: identity.tier,
    })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
      .setIssuer(config.issuer)
      .setAudience(config.audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(randomUUID())
      .sign(privateKey)
    return { accessToken, accessTokenExpiresAt: new Date(expiresAt * 1000) }
  }
