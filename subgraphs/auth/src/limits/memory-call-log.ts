import type { CallLog } from './call-log.ts'

/**
 * A call log in this process. Bounded: when `maxKeys` keys are known, the one that was quiet for longest is forgotten,
 * so that a flood of made-up addresses fills no memory.
 */
export const memoryCallLog = (maxKeys: number): CallLog => {
  // In the order of their last call: Map keeps insertion order, and each call inserts anew.
  const calls = new Map<string, readonly number[]>()
  return Object.freeze({
    record: async (key, { max, windowSeconds }) => {
      const now = Date.now()
      const before = (calls.get(key) ?? []).filter(at => at > now - windowSeconds * 1000)
      calls.delete(key)
      calls.set(key, before.length < max ? [...before, now] : before)
      const [quietest] = calls.keys()
      if (calls.size > maxKeys && quietest !== undefined) calls.delete(quietest)
      return before
    },
    close: async () => calls.clear(),
  })
}
