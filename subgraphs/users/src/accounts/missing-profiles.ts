import type { ShardedDatabase } from '@marquee/data'
import type { MarqueeError } from '@marquee/contract'
import type { Profile } from '../profile.ts'
import { askAuth, type AccountAnswer, type AuthPeer } from './ask-auth.ts'
import { createProfiles, type Account } from './create-profiles.ts'
import { recentlyUnknown } from './recently-unknown.ts'

/** The profile, null when there is no such account, or why that cannot be said. */
export type ProfileAnswer = Profile | null | Error

/** Finds profiles for ids that have no row yet, in one go: one answer for each id, in order. Never rejects. */
export type MissingProfiles = (
  ids: readonly string[],
  signal: AbortSignal,
) => Promise<readonly ProfileAnswer[]>

const answersOf = async (
  peer: AuthPeer,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly AccountAnswer[]> => {
  try {
    return await askAuth(peer, ids, signal)
  } catch (error) {
    return ids.map(() => error as MarqueeError)
  }
}

/**
 * Profiles are made lazily: auth knows who exists, and is asked once for all ids of a batch. One per process, since
 * it remembers for some seconds which ids nobody has.
 * @param peer  undefined: no auth subgraph is known, so an id without a row is nobody's
 */
export const missingProfiles = (database: ShardedDatabase, peer: AuthPeer | undefined): MissingProfiles => {
  if (peer === undefined) return async ids => ids.map(() => null)
  const unknown = recentlyUnknown({ maxEntries: 1000, ttlMs: 5000 })

  return async (ids, signal) => {
    const wanted = ids.filter(id => !unknown.has(id))
    const answers = wanted.length === 0 ? [] : await answersOf(peer, wanted, signal)
    const answered = new Map(wanted.map((id, index) => [id, answers[index] ?? null]))
    const accounts: Account[] = []
    for (const [id, answer] of answered) {
      if (answer === null) unknown.add(id)
      if (typeof answer === 'string') accounts.push({ id, name: answer })
    }
    const created = await createProfiles(database, accounts)
    return ids.map(id => {
      const answer = answered.get(id) ?? null
      if (typeof answer !== 'string') return answer
      return created.get(id) ?? new TypeError(`no free handle was found for ${id}`)
    })
  }
}
