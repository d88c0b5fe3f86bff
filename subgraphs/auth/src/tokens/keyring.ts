import type { KeyObject } from 'node:crypto'
import type { ShardedDatabase } from '@marquee/data'
import type { JWK } from 'jose'
import type { KeyCipher } from './key-cipher.ts'
import {
  addKey,
  keyInUse,
  loadKeys,
  nextActivation,
  publishedKeys,
  type HeldKey,
  type RotationRules,
} from './signing-keys.ts'

export type Keyring = Readonly<{
  /** The key to sign with now. */
  signingKey: () => Promise<Readonly<{ kid: string; privateKey: KeyObject }>>
  /** What verifies our tokens: a JSON Web Key Set (RFC 7517). */
  jwks: () => Promise<Readonly<{ keys: readonly JWK[] }>>
}>

/** A process learns of a key that another one made within this time, or half the time that it is published ahead. */
const maxAgeMs = 30_000

/**
 * This process's view of the signing keys: read again when it is old, and the one that makes the next key when it is
 * time. There is no timer: keys matter only when somebody asks, and then they are looked after.
 */
export const openKeyring = async (
  database: ShardedDatabase,
  cipher: KeyCipher,
  rules: RotationRules,
): Promise<Keyring> => {
  const keepMs = Math.min(maxAgeMs, rules.keyPublishAheadSeconds * 500)
  let held: readonly HeldKey[] = []
  let readAtMs = 0
  let reading: Promise<void> | undefined

  const read = async (): Promise<void> => {
    const choose = (keys: readonly HeldKey[]): Date | null => nextActivation(keys, rules, new Date())
    let keys = await loadKeys(database, cipher)
    if (choose(keys) !== null) {
      try {
        await addKey(database, cipher, choose)
        keys = await loadKeys(database, cipher)
      } catch (error) {
        // Without the first shard nobody can make the next key; the one in use is good for longer.
        if (keyInUse(keys, new Date()) === undefined) throw error
      }
    }
    held = keys
    readAtMs = Date.now()
  }
  const current = async (): Promise<readonly HeldKey[]> => {
    if (Date.now() - readAtMs < keepMs) return held
    reading ??= read().finally(() => {
      reading = undefined
    })
    try {
      await reading
    } catch (error) {
      // Without the database, tokens that are out must still verify: what we knew is as good as ever.
      if (keyInUse(held, new Date()) === undefined) throw error
    }
    return held
  }
  await current()

  return Object.freeze({
    signingKey: async () => {
      const key = keyInUse(await current(), new Date())
      if (key?.privateKey == null) throw new TypeError('no signing key is active')
      return { kid: key.kid, privateKey: key.privateKey }
    },
    jwks: async () => ({ keys: publishedKeys(await current(), rules, new Date()).map(key => key.publicJwk) }),
  })
}
