/** How often something was used. Raised in place: counting must cost nothing where plans are looked up. */
export type Use = { count: number }

type Counted<S> = Readonly<{ source: S; bytes: number; use: Use }>

export type UseCounts<S> = Readonly<{
  /** The count under this key, begun where there is none. */
  of: (key: string, source: S, bytes: number) => Use
  /** Most used first. */
  mostUsed: (count: number) => readonly S[]
  bytes: () => number
}>

const byUse = <S>(left: Counted<S>, right: Counted<S>): number => right.use.count - left.use.count

/**
 * Counts uses within a number of bytes; when they are used up, the half that is used least is forgotten.
 * A count outlives the plan it counts the uses of: what comes back to a cache goes on where it was.
 */
export const useCounts = <S>(maxBytes: number): UseCounts<S> => {
  let counted = new Map<string, Counted<S>>()
  let total = 0

  const forgetRare = (): void => {
    const kept = new Map<string, Counted<S>>()
    total = 0
    for (const [key, one] of [...counted].toSorted(([, left], [, right]) => byUse(left, right))) {
      if (total + one.bytes > maxBytes / 2) break
      kept.set(key, one)
      total += one.bytes
    }
    counted = kept
  }

  return Object.freeze({
    of: (key: string, source: S, bytes: number) => {
      const known = counted.get(key)
      if (known !== undefined) return known.use
      const use = { count: 0 }
      if (bytes > maxBytes / 2) return use
      if (total + bytes > maxBytes) forgetRare()
      counted.set(key, { source, bytes, use })
      total += bytes
      return use
    },
    mostUsed: (count: number) =>
      [...counted.values()]
        .toSorted(byUse)
        .slice(0, count)
        .map(({ source }) => source),
    bytes: () => total,
  })
}
