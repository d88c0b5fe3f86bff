import { sqlRows, type Database, type EntityManager } from '@marquee/data'
import { profileColumns, toProfile, type Profile, type ProfileRow } from '../profile.ts'
import { handleOfName } from './handle-of-name.ts'

export type Account = Readonly<{ id: string; name: string }>

const maxAttempts = 4
const maxName = 80

/** What auth accepts as a name may be more than a profile's name can hold. */
const profileName = (name: string): string =>
  Array.from(name.replaceAll(/\p{Cc}/gu, ' ').trim())
    .slice(0, maxName)
    .join('')
    .trim() || 'User'

const insert = (em: EntityManager, accounts: readonly Account[], unique: boolean): Promise<ProfileRow[]> =>
  sqlRows<ProfileRow>(
    em,
    // Any conflict: another process has made this profile, or the handle belongs to somebody else.
    `insert into profile (id, handle, name)
     select * from unnest($1::uuid[], $2::text[], $3::text[])
     on conflict do nothing
     returning ${profileColumns}`,
    [
      accounts.map(({ id }) => id),
      accounts.map(({ name }) => handleOfName(name, { unique })),
      accounts.map(({ name }) => profileName(name)),
    ],
  )

const existing = (em: EntityManager, accounts: readonly Account[]): Promise<ProfileRow[]> =>
  sqlRows<ProfileRow>(em, `select ${profileColumns} from profile where id = any($1::uuid[])`, [
    accounts.map(({ id }) => id),
  ])

/**
 * Makes profiles for accounts that have none, each with a handle made from its name. Several processes may do so at
 * once: all of them get the one that was made first.
 * @returns the profiles by id
 */
export const createProfiles = async (
  database: Database,
  accounts: readonly Account[],
): Promise<ReadonlyMap<string, Profile>> => {
  const profiles = new Map<string, Profile>()
  // In the order of their ids, so that two processes that make the same ones wait for each other one way only.
  let pending = accounts.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const settle = (rows: readonly ProfileRow[]): void => {
    for (const row of rows) profiles.set(row.id, toProfile(row))
    pending = pending.filter(({ id }) => !profiles.has(id))
  }
  for (let attempt = 0; attempt < maxAttempts && pending.length > 0; attempt += 1) {
    // Each attempt is a transaction of its own: what another process has committed meanwhile is seen.
    await database.transaction(async em => {
      settle(await insert(em, pending, attempt > 0))
      if (pending.length > 0) settle(await existing(em, pending))
    })
  }
  return profiles
}
