import { MarqueeError } from '@marquee/contract'
import type { Profile } from '../profile.ts'
import type { Context } from './context.ts'

/**
 * The profile of a user.
 * @param userId  a UUID
 * @throws NOT_FOUND when there is no such account; SUBGRAPH_UNAVAILABLE when auth had to be asked and cannot be
 */
export const requireProfile = async ({ loaders }: Context, userId: string): Promise<Profile> => {
  const profile = await loaders.profile.load(userId)
  if (profile === null) throw new MarqueeError('NOT_FOUND', { type: 'User' })
  return profile
}
