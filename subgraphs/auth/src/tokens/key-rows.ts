import { sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { SigningKey, type SigningKeyRow } from '../entities/signing-key.ts'

/*
 * Keys belong to nobody, so they are in no bucket and are never moved. They are made on the first shard, under its lock,
 * and every shard has a copy: while any shard answers, tokens are signed and verified.
 */

/** A day more than any token can live (config allows at most one day). */
const keptMs = 2 * 86_400_000

/** The same key from several shards is one; retired as soon as one of them knows it. */
export const mergeKeys = (
  copies: readonly (readonly SigningKeyRow[])[],
  at: Date,
): readonly SigningKeyRow[] => {
  const byKid = new Map<string, SigningKeyRow>()
  for (const row of copies.flat()) {
    const known = byKid.get(row.kid)
    if (known === undefined || known.retiredAt == null) byKid.set(row.kid, row)
  }
  return [...byKid.values()]
    .filter(({ retiredAt }) => retiredAt == null || retiredAt.getTime() + keptMs > at.getTime())
    .toSorted((one, other) => one.activeFrom.getTime() - other.activeFrom.getTime())
}

/** The keys that one shard has. */
export const keysHere = (em: EntityManager): Promise<SigningKeyRow[]> => em.find(SigningKey, {})

/** Gives a shard what it lacks of these keys. Those that retired long ago leave it. */
export const putKeys = async (em: EntityManager, keys: readonly SigningKeyRow[]): Promise<void> => {
  await sqlRows(
    em,
    `insert into signing_key (kid, public_jwk, private_key, created_at, active_from, retired_at)
     select * from unnest($1::text[], $2::jsonb[], $3::bytea[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
     on conflict (kid) do update set retired_at = excluded.retired_at
       where signing_key.retired_at is null and excluded.retired_at is not null`,
    [
      keys.map(key => key.kid),
      keys.map(key => JSON.stringify(key.publicJwk)),
      keys.map(key => key.privateKey),
      keys.map(key => key.createdAt),
      keys.map(key => key.activeFrom),
      keys.map(key => key.retiredAt ?? null),
    ],
  )
  await sqlRows(em, 'delete from signing_key where retired_at < $1', [new Date(Date.now() - keptMs)])
}

/** Gives the keys to every shard that answers and has something; the others have no need of them yet. */
export const spreadKeys = async (
  database: ShardedDatabase,
  keys: readonly SigningKeyRow[],
): Promise<void> => {
  await database.scatter(em => putKeys(em, keys))
}

/**
 * The keys that the shards have which answer. A shard that lacks one, such as one that has joined, is given it.
 * @throws SHARD_UNAVAILABLE when none answers
 */
export const readKeys = async (database: ShardedDatabase): Promise<readonly SigningKeyRow[]> => {
  const { answers, failures } = await database.scatter(keysHere)
  const [failure] = failures
  if (answers.length === 0 && failure !== undefined) throw failure
  const keys = mergeKeys(answers, new Date())
  const lacks = (rows: readonly SigningKeyRow[]): boolean =>
    keys.some(({ kid, retiredAt }) => {
      const own = rows.find(row => row.kid === kid)
      return own === undefined || (own.retiredAt == null && retiredAt != null)
    })
  // Whoever reads next tries again.
  if (answers.some(lacks)) await spreadKeys(database, keys).catch(() => undefined)
  return keys
}
