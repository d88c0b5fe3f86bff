import { MarqueeError } from '@marquee/contract'
import type { RequestScope } from '../routing/request-scope.ts'
import type { ShardMap } from './shard-map.ts'
import type { ShardWatch } from './shard-watch.ts'

/**
 * Which map each request had when it first read from a shard. It goes on with that shard's moment to its end, and what
 * was moved there since is not in it.
 */
export class MovedReads {
  readonly #firstMaps = new WeakMap<RequestScope, Map<ShardWatch, ShardMap>>()

  /** @throws BUCKET_MOVING when the request must begin anew, which its scope is told */
  check(
    scope: RequestScope,
    map: ShardMap,
    watch: ShardWatch,
    buckets: readonly number[],
    database: string,
  ): void {
    let maps = this.#firstMaps.get(scope)
    if (maps === undefined) this.#firstMaps.set(scope, (maps = new Map()))
    const first = maps.get(watch)
    if (first === undefined) {
      maps.set(watch, map)
      return
    }
    if (first === map) return
    const bucket = buckets.find(one => !watch.names.has(first.shardOf(one)))
    if (bucket === undefined) return
    scope.hasLostSnapshot = true
    throw new MarqueeError('BUCKET_MOVING', { bucket, database })
  }
}
