import { MarqueeError, tiers, type Identity } from '@marquee/contract'
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose'
import { z } from 'zod'
import type { GatewayConfig } from '../config.ts'

/**
 * @param authorization  the header, `Bearer <token>`
 * @throws TOKEN_INVALID, TOKEN_EXPIRED, IDENTITY_UNAVAILABLE
 */
export type VerifyToken = (authorization: string) => Promise<Identity>

const claimsSchema = z.object({
  sub: z.string().min(1).max(256).optional(),
  client: z.string().min(1).max(256).optional(),
  scope: z.string().max(4096).default(''),
  tier: z.enum(tiers).optional(),
})

const invalid = (reason: string, cause?: unknown): MarqueeError =>
  new MarqueeError('TOKEN_INVALID', { reason }, { cause })

const identityOf = (claims: JWTPayload): Identity => {
  const { data } = claimsSchema.safeParse(claims)
  if (data === undefined) throw invalid('its claims are malformed')
  if (data.sub === undefined && data.client === undefined)
    throw invalid('it names neither a user nor a client')
  return Object.freeze({
    subject: data.sub ?? null,
    scopes: Object.freeze(data.scope.split(' ').filter(scope => scope !== '')),
    client: data.client ?? null,
    tier: data.tier ?? 'user',
  })
}

/** Faults of the token, as opposed to those of getting the keys. */
const reasons: Readonly<Record<string, string>> = {
  ERR_JWS_INVALID: 'it is not a signed JWT',
  ERR_JWT_INVALID: 'it is not a signed JWT',
  ERR_JOSE_ALG_NOT_ALLOWED: 'its algorithm is not accepted',
  ERR_JOSE_NOT_SUPPORTED: 'its algorithm is not accepted',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
  ERR_JWKS_NO_MATCHING_KEY: 'it is signed by an unknown key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'it does not say which key signed it',
}

const explain = (error: unknown): MarqueeError => {
  if (error instanceof MarqueeError) return error
  if (error instanceof errors.JWTExpired) return new MarqueeError('TOKEN_EXPIRED')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(`its \`${error.claim}\` is ${error.reason === 'missing' ? 'missing' : 'wrong'}`)
  }
  const reason = error instanceof errors.JOSEError ? reasons[error.code] : undefined
  if (reason !== undefined) return invalid(reason, error)
  return new MarqueeError('IDENTITY_UNAVAILABLE', {}, { cause: error })
}

/** Verifies access tokens against the key set at `jwksUrl`; undefined when none is configured. */
export const tokenVerifier = (config: GatewayConfig['identity']): VerifyToken | undefined => {
  if (config.jwksUrl === undefined) return undefined
  const keys = createRemoteJWKSet(new URL(config.jwksUrl), {
    timeoutDuration: config.timeoutMs,
    cooldownDuration: config.cooldownMs,
    cacheMaxAge: config.cacheMs,
  })
  const options = {
    issuer: config.issuer,
    audience: config.audience,
    algorithms: [...config.algorithms],
    clockTolerance: config.clockToleranceSeconds,
    requiredClaims: ['exp'],
  }
  return async authorization => {
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
    if (token === undefined) throw invalid('the `authorization` header must be `Bearer <access token>`')
    try {
      const { payload } = await jwtVerify(token, keys, options)
      return identityOf(payload)
    } catch (error) {
      throw explain(error)
    }
  }
}
