/** Which shard has which buckets. */
export type Holdings = ReadonlyMap<string, readonly number[]>

/** Some buckets that should go from one shard to another. */
export type Wish = Readonly<{ source: string; target: string; buckets: readonly number[] }>

/** Hands buckets from those that give to those that lack, in order: as few moves as there can be. */
const match = (
  givers: readonly (readonly [shard: string, buckets: readonly number[]])[],
  lacking: readonly (readonly [shard: string, count: number])[],
): readonly Wish[] => {
  const wishes: Wish[] = []
  const open = lacking.map(([shard, count]) => ({ shard, count }))
  for (const [source, buckets] of givers) {
    let given = 0
    for (const taker of open) {
      const count = Math.min(taker.count, buckets.length - given)
      if (count === 0) continue
      wishes.push(
        Object.freeze({ source, target: taker.shard, buckets: buckets.slice(given, given + count) }),
      )
      taker.count -= count
      given += count
    }
  }
  return Object.freeze(wishes)
}

/** What evens the number of buckets out. Empty when no two shards differ by more than one. */
export const rebalance = (holdings: Holdings): readonly Wish[] => {
  const total = [...holdings.values()].reduce((sum, buckets) => sum + buckets.length, 0)
  const even = Math.floor(total / holdings.size)
  // Who has most keeps what is left over: that moves least.
  const byCount = [...holdings].toSorted(([, one], [, other]) => other.length - one.length)
  const wanted = new Map(
    byCount.map(([shard], index) => [shard, even + (index < total % holdings.size ? 1 : 0)]),
  )
  const givers = byCount
    .map(([shard, buckets]) => [shard, buckets.slice(wanted.get(shard))] as const)
    .filter(([, buckets]) => buckets.length > 0)
  const lacking = byCount
    .map(([shard, buckets]) => [shard, (wanted.get(shard) ?? 0) - buckets.length] as const)
    .filter(([, count]) => count > 0)
  return match(givers, lacking)
}

/** What empties a shard: its buckets go to the others, more to those that have fewer. */
export const drainShard = (holdings: Holdings, shard: string): readonly Wish[] => {
  const counts = new Map(
    [...holdings].filter(([name]) => name !== shard).map(([name, list]) => [name, list.length]),
  )
  const gains = new Map<string, number>()
  const buckets = holdings.get(shard) ?? []
  for (const _bucket of buckets) {
    const [least] = [...counts].toSorted(([, one], [, other]) => one - other)
    if (least === undefined) return []
    counts.set(least[0], least[1] + 1)
    gains.set(least[0], (gains.get(least[0]) ?? 0) + 1)
  }
  return match([[shard, buckets]], [...gains])
}
