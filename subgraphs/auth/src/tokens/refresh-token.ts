import { randomBytes } from 'node:crypto'

const idBytes = 16
const secretBytes = 32
const prefix = 'mqr_'

/** 256 random bits behind the account's id, which is no secret: it says where the token is to be looked up. */
export const newRefreshToken = (accountId: string): string =>
  prefix +
  Buffer.concat([Buffer.from(accountId.replaceAll('-', ''), 'hex'), randomBytes(secretBytes)]).toString(
    'base64url',
  )

/**
 * Whose a refresh token says that it is.
 * @returns the account's UUID; null in a token that was given before they said so; undefined in what is no token of ours
 */
export const ownerOfToken = (token: string): string | null | undefined => {
  if (!token.startsWith(prefix)) return undefined
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url')
  // Compared with its own encoding: each token has one form.
  if (prefix + bytes.toString('base64url') !== token) return undefined
  if (bytes.length === secretBytes) return null
  if (bytes.length !== idBytes + secretBytes) return undefined
  return bytes
    .subarray(0, idBytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
