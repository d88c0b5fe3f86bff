/** Lists up to this long are searched through: cheaper, and far smaller, than a Map for every value. */
const longestChain = 8

type Entry<V> = Readonly<{ values: readonly unknown[]; made: V; next: Entry<V> | undefined }>

class Branch<V> {
  readonly below = new Map<unknown, Entry<V> | Branch<V>>()
}

const isFor = <V>(entry: Entry<V>, values: readonly unknown[], count: number): boolean => {
  const own = entry.values
  if (own.length !== count) return false
  for (let index = 0; index < count; index += 1) if (own[index] !== values[index]) return false
  return true
}

/**
 * Finds what belongs to a list of values. Scalars are equal by value, objects only to themselves. A trie that branches
 * only where it must: most lists are told apart by their first value.
 */
export class ValueTrie<V> {
  readonly #root = new Branch<V>()

  /**
   * @param values  where the list is; it is copied when it is kept
   * @param count   its length, at least 1
   * @param make    makes what belongs to it when there is nothing yet
   */
  at(values: readonly unknown[], count: number, make: (values: readonly unknown[]) => V): V {
    let branch = this.#root
    for (let depth = 0; ; depth += 1) {
      const found = branch.below.get(values[depth])
      if (found instanceof Branch) {
        branch = found
        continue
      }
      let length = 0
      for (let entry = found; entry !== undefined; entry = entry.next) {
        if (isFor(entry, values, count)) return entry.made
        length += 1
      }
      const own = values.slice(0, count)
      const made = make(own)
      const chain = { values: own, made, next: found }
      branch.below.set(own[depth], length < longestChain || depth >= count ? chain : split(chain, depth + 1))
      return made
    }
  }
}

/** The entries of a chain by their values at `depth`. */
const split = <V>(chain: Entry<V>, depth: number): Branch<V> => {
  const branch = new Branch<V>()
  for (let entry: Entry<V> | undefined = chain; entry !== undefined; entry = entry.next) {
    const next = branch.below.get(entry.values[depth]) as Entry<V> | undefined
    branch.below.set(entry.values[depth], { ...entry, next })
  }
  return branch
}
