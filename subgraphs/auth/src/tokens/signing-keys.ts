import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { SigningKeyRow } from '../entities/signing-key.ts'
import type { KeyCipher } from './key-cipher.ts'
import { keysHere, mergeKeys, putKeys, readKeys, spreadKeys } from './key-rows.ts'

/** One lock for all processes that want to add a key: any number will do, as long as it is the same. */
const keyLock = 0x6b657973 // "keys"

/** For how long a retired key outlives its last token: clocks differ, and a process may have learnt of it late. */
const leewaySeconds = 300

export type RotationRules = Readonly<{
  keyRotationDays: number
  keyPublishAheadSeconds: number
  accessTokenSeconds: number
}>

/** A key as a process holds it. `privateKey` is null when it was sealed under another secret: good to verify only. */
export type HeldKey = Readonly<{
  kid: string
  publicJwk: JWK
  privateKey: KeyObject | null
  activeFrom: Date
  retiredAt: Date | null
}>

const openKey = (cipher: KeyCipher, row: SigningKeyRow): HeldKey => {
  const der = cipher.open(row.kid, row.privateKey)
  return Object.freeze({
    kid: row.kid,
    publicJwk: Object.freeze({ ...row.publicJwk }),
    privateKey: der === null ? null : createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    activeFrom: row.activeFrom,
    retiredAt: row.retiredAt ?? null,
  })
}

/** All keys, by the time from which they sign. */
export const loadKeys = async (database: ShardedDatabase, cipher: KeyCipher): Promise<readonly HeldKey[]> =>
  Object.freeze((await readKeys(database)).map(row => openKey(cipher, row)))

/** The key that signs at a time: of those that we can open, the one that became active last. */
export const keyInUse = (keys: readonly HeldKey[], at: Date): HeldKey | undefined =>
  keys.findLast(key => key.privateKey !== null && key.activeFrom <= at)

/** When a new key must become active; null when there is nothing to do yet. */
export const nextActivation = (keys: readonly HeldKey[], rules: RotationRules, at: Date): Date | null => {
  const current = keyInUse(keys, at)
  if (current === undefined) return at
  if (keys.some(key => key.privateKey !== null && key.activeFrom > at)) return null
  const dueMs = current.activeFrom.getTime() + rules.keyRotationDays * 86_400_000
  const aheadMs = rules.keyPublishAheadSeconds * 1000
  if (at.getTime() < dueMs - aheadMs) return null
  return new Date(Math.max(dueMs, at.getTime() + aheadMs))
}

/**
 * The keys to publish: the next one, the current one, and retired ones until their last token has expired. A key that
 * nobody here can open is never retired by us, so it leaves by its age.
 */
export const publishedKeys = (
  keys: readonly HeldKey[],
  rules: RotationRules,
  at: Date,
): readonly HeldKey[] => {
  const graceMs = (rules.accessTokenSeconds + leewaySeconds) * 1000
  const ownEndMs = (rules.keyRotationDays * 86_400 + rules.keyPublishAheadSeconds) * 1000
  return keys.filter(({ retiredAt, activeFrom, privateKey }) => {
    if (retiredAt !== null) return retiredAt.getTime() + graceMs > at.getTime()
    return privateKey !== null || activeFrom.getTime() + ownEndMs + graceMs > at.getTime()
  })
}

/** Makes a key that signs from `activeFrom` on, and retires at that time those that it follows. */
const insertKey = async (
  em: EntityManager,
  cipher: KeyCipher,
  keys: readonly HeldKey[],
  activeFrom: Date,
): Promise<string> => {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ed25519')
  const jwk = publicKey.export({ format: 'jwk' }) as JWK
  const kid = await calculateJwkThumbprint(jwk)
  const sealed = cipher.seal(kid, privateKey.export({ format: 'der', type: 'pkcs8' }))
  const publicJwk = JSON.stringify({ ...jwk, kid, alg: 'EdDSA', use: 'sig' })
  await sqlRows(
    em,
    'update signing_key set retired_at = $1 where retired_at is null and kid = any($2::text[])',
    [activeFrom, keys.filter(key => key.privateKey !== null).map(key => key.kid)],
  )
  await sqlRows(
    em,
    'insert into signing_key (kid, public_jwk, private_key, active_from) values ($1, $2::jsonb, $3, $4)',
    [kid, publicJwk, sealed, activeFrom],
  )
  return kid
}

/**
 * Adds a key under a lock of the first shard that all processes share, so that replicas which start at once make one key,
 * not two; then gives it to the other shards.
 * @param choose  told the keys as they are under the lock: when the new one becomes active, or null to add none
 * @throws SHARD_UNAVAILABLE, DATABASE_UNAVAILABLE without the first shard
 */
export const addKey = async (
  database: ShardedDatabase,
  cipher: KeyCipher,
  choose: (keys: readonly HeldKey[]) => Date | null,
): Promise<Readonly<{ kid: string; activeFrom: Date }> | null> => {
  const [shard] = database.shards()
  if (shard === undefined) throw new TypeError('a database has a shard')
  // Before the lock, which holds a connection: what another one adds meanwhile is on the first shard too.
  const others = database.shards().length > 1 ? await readKeys(database) : []
  const { added, keys } = await shard.transaction(async em => {
    await sqlRows(em, 'select pg_advisory_xact_lock($1)', [keyLock])
    const rows = mergeKeys([await keysHere(em), others], new Date())
    const known = rows.map(row => openKey(cipher, row))
    const activeFrom = choose(known)
    if (activeFrom === null) return { added: null, keys: rows }
    await putKeys(em, rows)
    const kid = await insertKey(em, cipher, known, activeFrom)
    return { added: Object.freeze({ kid, activeFrom }), keys: await keysHere(em) }
  })
  if (database.shards().length > 1) await spreadKeys(database, keys)
  return added
}
