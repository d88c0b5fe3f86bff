type Branch<V> = Map<unknown, Branch<V> | V>

/**
 * Finds what belongs to a list of values. Scalars are equal by value, objects only to themselves. Cheaper than a Map by a
 * text made of the values: nothing is joined, copied or hashed anew.
 */
export class ValueTrie<V> {
  readonly #root: Branch<V> = new Map()

  /**
   * @param values  at least one; always as many for one trie and first value
   * @param make    makes what belongs to them when there is nothing yet
   */
  at(values: readonly unknown[], make: (values: readonly unknown[]) => V): V {
    const last = values.length - 1
    let branch = this.#root
    for (let index = 0; index < last; index += 1) {
      let next = branch.get(values[index]) as Branch<V> | undefined
      if (next === undefined) branch.set(values[index], (next = new Map()))
      branch = next
    }
    const known = branch.get(values[last]) as V | undefined
    if (known !== undefined) return known
    const made = make(values)
    branch.set(values[last], made)
    return made
  }
}
