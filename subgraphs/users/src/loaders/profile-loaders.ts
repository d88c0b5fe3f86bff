import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'
import type { MissingProfiles } from '../accounts/missing-profiles.ts'
import { profileColumns, toProfile, type Profile, type ProfileRow } from '../profile.ts'

/** Profiles by UUID; makes those that are missing. A load rejects when auth would have to be asked and cannot be. */
export const profileById = (
  em: EntityManager,
  missingProfiles: MissingProfiles,
  signal: AbortSignal,
): DataLoader<string, Profile | null> =>
  new DataLoader(async ids => {
    const rows = await sqlRows<ProfileRow>(
      em,
      `select ${profileColumns} from profile where id = any($1::uuid[])`,
      [ids],
    )
    const known = new Map(rows.map(row => [row.id, toProfile(row)]))
    const missing = ids.filter(id => !known.has(id))
    const answers = missing.length === 0 ? [] : await missingProfiles(missing, signal)
    const found = new Map(missing.map((id, index) => [id, answers[index] ?? null]))
    return ids.map(id => known.get(id) ?? found.get(id) ?? null)
  })

/** Profiles by handle. */
export const profileByHandle = (em: EntityManager): DataLoader<string, Profile | null> =>
  new DataLoader(async handles => {
    const rows = await sqlRows<ProfileRow>(
      em,
      `select ${profileColumns} from profile where handle = any($1::text[])`,
      [handles],
    )
    const known = new Map(rows.map(row => [row.handle, toProfile(row)]))
    return handles.map(handle => known.get(handle) ?? null)
  })
