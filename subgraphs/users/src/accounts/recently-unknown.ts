export type RecentlyUnknown = Readonly<{ has: (id: string) => boolean; add: (id: string) => void }>

/**
 * Remembers for a short time which ids nobody has, so that asking for them again and again does not reach the auth
 * subgraph each time. One per process. Ids are handed out by auth alone, so no id is asked for before it exists.
 * @param options.maxEntries  when more are added, the oldest are forgotten
 * @param options.ttlMs       how long an id is remembered
 */
export const recentlyUnknown = (
  options: Readonly<{ maxEntries: number; ttlMs: number; nowMs?: () => number }>,
): RecentlyUnknown => {
  const { maxEntries, ttlMs, nowMs = () => performance.now() } = options
  const forgetAt = new Map<string, number>()
  return Object.freeze({
    has: (id: string) => {
      const atMs = forgetAt.get(id)
      if (atMs === undefined) return false
      if (nowMs() < atMs) return true
      forgetAt.delete(id)
      return false
    },
    add: (id: string) => {
      forgetAt.delete(id)
      forgetAt.set(id, nowMs() + ttlMs)
      for (const oldest of forgetAt.keys()) {
        if (forgetAt.size <= maxEntries) break
        forgetAt.delete(oldest)
      }
    },
  })
}
