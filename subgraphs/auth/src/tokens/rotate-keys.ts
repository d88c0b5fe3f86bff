import type { ShardedDatabase } from '@marquee/data'
import type { AuthConfig } from '../config.ts'
import { requireSecret } from '../require-secret.ts'
import { keyCipher } from './key-cipher.ts'
import { addKey } from './signing-keys.ts'

/**
 * Makes the next signing key now, whatever the age of the current one. It is published at once and used after
 * `auth.keyPublishAheadSeconds`; tokens signed before go on to verify until they expire.
 * @param options.immediately  use it at once: gateways that have not fetched it yet must do so first
 * @returns the new key's id, and from when on it signs
 * @throws CONFIG_INVALID without a secret; SHARD_UNAVAILABLE without the first shard
 */
export const rotateKeys = async (
  database: ShardedDatabase,
  config: AuthConfig,
  options: Readonly<{ immediately?: boolean }> = {},
): Promise<Readonly<{ kid: string; activeFrom: Date }>> => {
  const aheadMs = options.immediately === true ? 0 : config.keyPublishAheadSeconds * 1000
  const activeFrom = new Date(Date.now() + aheadMs)
  const added = await addKey(database, keyCipher(requireSecret(config)), () => activeFrom)
  if (added === null) throw new TypeError('a key was asked for and none was made')
  return added
}
