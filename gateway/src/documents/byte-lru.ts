/** Keeps the most recently used values within a number of bytes. Not shared between processes. */
export type ByteLru<V> = Readonly<{
  get: (key: string) => V | undefined
  /** A value larger than the whole is not kept. */
  set: (key: string, value: V, bytes: number) => void
  bytes: () => number
}>

/** @param maxBytes  bound on the sum of the sizes given to `set` */
export const byteLru = <V>(maxBytes: number): ByteLru<V> => {
  const entries = new Map<string, Readonly<{ value: V; bytes: number }>>()
  let total = 0
  let latest: string | undefined
  const remove = (key: string): void => {
    total -= entries.get(key)?.bytes ?? 0
    entries.delete(key)
  }
  return Object.freeze({
    get: (key: string) => {
      const found = entries.get(key)
      if (found === undefined || key === latest) return found?.value
      latest = key
      // A Map keeps the order of insertion: put last, so that the first is the one to go.
      entries.delete(key)
      entries.set(key, found)
      return found.value
    },
    set: (key: string, value: V, bytes: number) => {
      remove(key)
      if (bytes > maxBytes) return
      entries.set(key, { value, bytes })
      latest = key
      total += bytes
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break
        remove(oldest)
      }
    },
    bytes: () => total,
  })
}
