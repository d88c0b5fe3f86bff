import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'
import DataLoader from 'dataloader'
import type { MissingProfiles } from '../accounts/missing-profiles.ts'
import { profileColumns, toProfile, type Profile, type ProfileRow } from '../profile.ts'
import { readByOwner } from '../shards/read-by-owner.ts'

const readProfiles = (
  database: ShardedDatabase,
  ids: readonly string[],
): Promise<readonly (Profile | null | Error)[]> =>
  database.byShard<Profile | null>(ids, async (em, some) => {
    const rows = await sqlRows<ProfileRow>(
      em,
      `select ${profileColumns} from profile where id = any($1::uuid[])`,
      [some],
    )
    const known = new Map(rows.map(row => [row.id, toProfile(row)]))
    return some.map(id => known.get(id) ?? null)
  })

/**
 * Profiles by UUID; makes those that are missing. A load rejects when the user's shard cannot say, or when auth would
 * have to be asked and cannot be.
 */
export const profileById = (
  database: ShardedDatabase,
  missingProfiles: MissingProfiles,
  signal: AbortSignal,
): DataLoader<string, Profile | null> =>
  new DataLoader(async ids => {
    const answers = await readProfiles(database, ids)
    const missing = ids.filter((_id, index) => answers[index] === null)
    const made = missing.length === 0 ? [] : await missingProfiles(missing, signal)
    const found = new Map(missing.map((id, index) => [id, made[index] ?? null]))
    return ids.map((id, index) => answers[index] ?? found.get(id) ?? null)
  })

/** What the directory says of a handle: whose it is, and the profile where that is on the shard that was asked. */
type Entry = Readonly<{ owner: string; profile: Profile | null }>

type EntryRow = { known: string; owner_id: string } & { [K in keyof ProfileRow]: ProfileRow[K] | null }

const readDirectory = (
  database: ShardedDatabase,
  handles: readonly string[],
): Promise<readonly (Entry | null | Error)[]> =>
  readByOwner<string, Entry | null>(
    database,
    handles,
    handle => handle,
    async (em, some) => {
      const rows = await sqlRows<EntryRow>(
        em,
        `select known.handle as known, known.owner_id, profile.* from handle_reservation known
           left join (select ${profileColumns} from profile) profile on profile.id = known.owner_id
         where known.handle = any($1::text[])`,
        [some],
      )
      const entries = new Map(
        rows.map(row => [
          row.known,
          { owner: row.owner_id, profile: row.id === null ? null : toProfile(row as ProfileRow) },
        ]),
      )
      return some.map(handle => entries.get(handle) ?? null)
    },
  )

/**
 * Profiles by handle: the directory says whose a handle is, and the profile whether it has it. One statement where both
 * are on one shard.
 */
export const profileByHandle = (database: ShardedDatabase): DataLoader<string, Profile | null> =>
  new DataLoader(async handles => {
    const entries = await readDirectory(database, handles)
    const { shardOf } = database.map()
    // A profile beside its handle counts only where profiles of that bucket are: what was moved away stays for a while.
    const isBeside = (handle: string, owner: string): boolean =>
      shardOf(bucketOf(handle)) === shardOf(bucketOf(owner))
    const elsewhere = entries.flatMap((entry, index) =>
      entry === null || entry instanceof Error || isBeside(handles[index] as string, entry.owner)
        ? []
        : [entry.owner],
    )
    const owners = [...new Set(elsewhere)]
    const answers = owners.length === 0 ? [] : await readProfiles(database, owners)
    const profileOf = new Map(owners.map((owner, index) => [owner, answers[index] ?? null]))
    return handles.map((handle, index) => {
      const entry = entries[index] ?? null
      if (entry === null || entry instanceof Error) return entry
      const profile = profileOf.has(entry.owner) ? (profileOf.get(entry.owner) ?? null) : entry.profile
      return profile instanceof Error || profile?.handle === handle ? profile : null
    })
  })
