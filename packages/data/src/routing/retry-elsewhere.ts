import { isServerGone } from '../translate-error.ts'
import type { ReplicaSet } from './replica-set.ts'
import type { Server } from './server.ts'

const pauseMs = 20

/**
 * Tries on one server after another while each is gone, for the set's `holdMs` in all.
 * @param attempt  may be made again although it might have been done
 */
export const retryElsewhere = async <T>(
  set: ReplicaSet,
  choose: () => Promise<Server>,
  attempt: (server: Server) => Promise<T>,
): Promise<T> => {
  const until = performance.now() + set.holdMs
  for (;;) {
    const server = await choose()
    try {
      return await attempt(server)
    } catch (error) {
      if (!isServerGone(error)) throw error
      set.distrust(server)
      if (performance.now() >= until) throw error
      await set.news(pauseMs)
    }
  }
}
