import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A client's secret: 256 random bits behind a prefix that says what it is, so that scanners for leaked secrets can find it. */
export const newClientSecret = (): string => `mqs_${randomBytes(32).toString('base64url')}`

/**
 * What is stored instead of the secret: SHA-256. A slow hash would gain nothing: 256 random bits cannot be guessed,
 * however fast the guesses.
 */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Compares two hashes in a time that tells nothing about where they differ. */
export const hashesEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)
