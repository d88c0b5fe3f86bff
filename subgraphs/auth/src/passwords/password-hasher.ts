import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import type { AuthConfig } from '../config.ts'
import { turnstile } from './turnstile.ts'

/** Longest password, in UTF-16 units. The schema of sign-up says the same. */
export const maxPasswordLength = 200

export type PasswordHasher = Readonly<{
  /** @returns a PHC string: algorithm, parameters, salt and hash */
  hash: (password: string) => Promise<string>
  /** False when there is no hash to compare with (no such account), after exactly the same work. */
  verify: (stored: string | undefined, password: string) => Promise<boolean>
  /** True when a hash was made with other parameters than are now configured. */
  isOutdated: (stored: string) => boolean
}>

// The same password can be typed as different code points (é as one or two): NIST SP 800-63B-4, 3.1.1.2.
// One unit more than is allowed is enough to be wrong, and bounds the work.
const bytesOf = (password: string): Buffer =>
  Buffer.from(password.slice(0, maxPasswordLength + 1).normalize('NFKC'))

/**
 * argon2id through its Rust implementation, which works on libuv's pool of four threads: few hashes at a time, so
 * that a storm of sign-ins takes neither all threads nor all memory.
 */
export const passwordHasher = async (config: AuthConfig['argon2']): Promise<PasswordHasher> => {
  const { memoryKib: memoryCost, passes: timeCost, lanes: parallelism } = config
  const inTurn = turnstile(config)
  // argon2id and version 19 are this library's defaults.
  const make = (password: string): Promise<string> =>
    hash(bytesOf(password), { memoryCost, timeCost, parallelism })
  // Made at the start: the first unknown address must not take twice as long as a known one.
  const dummy = await make(randomBytes(16).toString('hex'))
  return Object.freeze({
    hash: (password: string) => inTurn(() => make(password)),
    verify: async (stored: string | undefined, password: string) => {
      const isRight = await inTurn(() => verify(stored ?? dummy, bytesOf(password)))
      return isRight && stored !== undefined
    },
    isOutdated: (stored: string) =>
      !stored.startsWith(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`),
  })
}
