/** A repeatable source of choices. The same seed gives the same choices on every machine. */
export type Random = Readonly<{
  /** 0 <= n < `below`. */
  int: (below: number) => number
  chance: (probability: number) => boolean
  pick: <T>(list: readonly T[]) => T
  /** `count` elements at most, in the list's order. */
  sample: <T>(list: readonly T[], count: number) => T[]
}>

/** FNV-1a with a final mix, 32 bits, unsigned. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** @param seed  any integer (mulberry32) */
export const random = (seed: number): Random => {
  let state = hashOf(String(seed))
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const int = (below: number): number => Math.floor(next() * below)
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError('nothing to pick from')
    return list[int(list.length)] as T
  }
  const sample = <T>(list: readonly T[], count: number): T[] => {
    const left = [...list.keys()]
    while (left.length > count) left.splice(int(left.length), 1)
    return left.map(at => list[at] as T)
  }
  return Object.freeze({ int, pick, sample, chance: probability => next() < probability })
}
