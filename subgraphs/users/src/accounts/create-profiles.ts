import { bucketOf, sqlRows, type EntityManager, type ShardedDatabase } from '@marquee/data'
import { claimHandles, claimLastsMs, settleClaims, type Claim } from '../handles/directory.ts'
import { profileColumns, toProfile, type Profile, type ProfileRow } from '../profile.ts'
import { writeByShard } from '../shards/write-by-shard.ts'
import { handleOfName } from './handle-of-name.ts'

export type Account = Readonly<{ id: string; name: string }>

/** An account for which a handle was claimed; without one it can only be found to have a profile already. */
type Candidate = Account & Readonly<{ claim: Claim | undefined; error: Error | undefined }>

const maxAttempts = 4
const maxName = 80

/** What auth accepts as a name may be more than a profile's name can hold. */
const profileName = (name: string): string =>
  Array.from(name.replaceAll(/\p{Cc}/gu, ' ').trim())
    .slice(0, maxName)
    .join('')
    .trim() || 'User'

const insert = (em: EntityManager, candidates: readonly Candidate[]): Promise<ProfileRow[]> => {
  const claimed = candidates.flatMap(({ id, name, claim }) =>
    claim === undefined ? [] : [{ id, name, claim }],
  )
  return sqlRows<ProfileRow>(
    em,
    // A conflict: another process has made this profile. A claim that is too old may be somebody else's by now.
    `insert into profile (id, bucket, handle, name)
     select id, bucket, handle, name
     from unnest((select hold_keys($1::text[]))::uuid[], $2::smallint[], $3::text[], $4::text[], $5::timestamptz[])
       as account (id, bucket, handle, name, until)
     where clock_timestamp() < until
     on conflict do nothing
     returning ${profileColumns}`,
    [
      claimed.map(({ id }) => id),
      claimed.map(({ id }) => bucketOf(id)),
      claimed.map(({ claim }) => claim.handle),
      claimed.map(({ name }) => profileName(name)),
      claimed.map(({ claim }) => new Date(claim.at.getTime() + claimLastsMs).toISOString()),
    ],
  )
}

const existing = (em: EntityManager, ids: readonly string[]): Promise<ProfileRow[]> =>
  sqlRows<ProfileRow>(em, `select ${profileColumns} from profile where id = any($1::uuid[])`, [ids])

/** Each with a handle claimed for it; of those that would have the same one, the first. */
const claimFor = async (
  database: ShardedDatabase,
  accounts: readonly Account[],
  unique: boolean,
): Promise<readonly Candidate[]> => {
  const wishes = new Map<string, string>()
  for (const { id, name } of accounts) {
    const handle = handleOfName(name, { unique })
    if (!wishes.has(handle)) wishes.set(handle, id)
  }
  const { rows, failed } = await claimHandles(
    database,
    Array.from(wishes, ([handle, ownerId]) => ({ handle, ownerId })),
  )
  const claims = new Map(rows.map(claim => [claim.ownerId, claim]))
  const errors = new Map(Array.from(failed, ([{ ownerId }, error]) => [ownerId, error]))
  return accounts.map(account => ({
    ...account,
    claim: claims.get(account.id),
    error: errors.get(account.id),
  }))
}

/**
 * Makes profiles for accounts that have none, each with a handle made from its name. Several processes may do so at
 * once: all of them get the one that was made first.
 * @returns by id: the profile, or the error of the shard that could not take it. None: no handle was free
 */
export const createProfiles = async (
  database: ShardedDatabase,
  accounts: readonly Account[],
): Promise<ReadonlyMap<string, Profile | Error>> => {
  const made = new Map<string, Profile | Error>()
  const errors = new Map<string, Error | undefined>()
  // In the order of their ids, so that two processes that make the same ones wait for each other one way only.
  let pending = accounts.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  for (let attempt = 0; attempt < maxAttempts && pending.length > 0; attempt += 1) {
    const candidates = await claimFor(database, pending, attempt > 0)
    for (const { id, error } of candidates) errors.set(id, error)
    const { rows, failed } = await writeByShard(
      database,
      candidates,
      ({ id }) => id,
      async (em, some) => {
        const inserted = await insert(em, some)
        const known = new Set(inserted.map(({ id }) => id))
        const others = some.filter(({ id }) => !known.has(id)).map(({ id }) => id)
        return others.length === 0 ? inserted : [...inserted, ...(await existing(em, others))]
      },
    )
    const handles = new Map(rows.map(row => [row.id, row.handle]))
    for (const row of rows) made.set(row.id, toProfile(row))
    for (const [{ id }, error] of failed) made.set(id, error)
    await settleClaims(
      database,
      candidates.flatMap(({ id, claim }) =>
        // Of those that failed nobody knows; the sweeper will look.
        claim === undefined || made.get(id) instanceof Error
          ? []
          : [{ claim, isUsed: handles.get(id) === claim.handle }],
      ),
    )
    pending = pending.filter(({ id }) => !made.has(id))
  }
  // The shard of a handle could not be asked, and that of the next one neither.
  for (const { id } of pending) {
    const error = errors.get(id)
    if (error !== undefined) made.set(id, error)
  }
  return made
}
