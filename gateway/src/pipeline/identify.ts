import { anonymous, type Identity } from '@marquee/contract'
import type { VerifyToken } from '../identity/token-verifier.ts'
import type { GraphqlRequest } from './receive.ts'

export type Identify = (request: GraphqlRequest) => Identity | Promise<Identity>

/**
 * Who asks. No token is anonymous; without a verifier every caller is, whatever it sends.
 * @throws TOKEN_INVALID, TOKEN_EXPIRED, IDENTITY_UNAVAILABLE
 */
export const identifier =
  (verify: VerifyToken | undefined): Identify =>
  ({ raw }) => {
    const { authorization } = raw.headers
    if (verify === undefined || typeof authorization !== 'string') return anonymous
    return verify(authorization)
  }
