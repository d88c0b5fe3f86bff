import type { EntityManager } from '@mikro-orm/postgresql'
import type { ConsistencyToken, MarqueeError } from '@marquee/contract'
import type { StatementListener } from '../database.ts'
import type { Health } from '../health.ts'
import type { RequestScope } from '../routing/request-scope.ts'
import { withTags } from '../statement-tags.ts'
import type { ShardMap } from './shard-map.ts'

/** One shard of a sharded database. */
export type Shard = Readonly<{
  name: string
  /** A fresh EntityManager with an identity map of its own. */
  fork: () => EntityManager
  /** Runs `work` in one transaction on the shard's writer. */
  transaction: <T>(work: (em: EntityManager) => Promise<T>) => Promise<T>
}>

/** What all shards together say: `failures` has one for each shard that could not. */
export type Scattered<T> = Readonly<{ answers: readonly T[]; failures: readonly MarqueeError[] }>

/**
 * One domain's data, its rows spread over shards by who owns them. Subgraphs ask by owner and know neither shards nor
 * buckets.
 */
export class ShardedDatabase {
  readonly domain: string = ''

  /** The shards in the order of the configuration, for operators' work: what is by owner goes through the map. */
  shards(): readonly Shard[] {
    throw new Error('to come')
  }

  /** Who has which buckets, as far as this process knows. */
  map(): ShardMap {
    throw new Error('to come')
  }

  /**
   * Runs a write in one transaction on the shard of `owner`. When its bucket is moved meanwhile, the try is rolled back
   * whole, and `work` runs again, on the new shard: it must do nothing but its statements.
   * @throws BUCKET_MOVING when the move takes longer than `data.shards.fenceWaitMs`
   * @throws SHARD_UNAVAILABLE, and what `work` throws
   */
  transaction<T>(_owner: string, _work: (em: EntityManager) => Promise<T>): Promise<T> {
    throw new Error('to come')
  }

  /**
   * Reads by owner, as a DataLoader's batch: one call of `read` a shard, all at the same time.
   * @param read  gets the owners that are on this shard; answers one value for each, in their order
   * @returns one value for each owner, in their order. What a shard cannot answer is an error in its place, such as
   *   SHARD_UNAVAILABLE; the rest arrive
   */
  byShard<T>(
    _owners: readonly string[],
    _read: (em: EntityManager, owners: readonly string[]) => Promise<readonly (T | Error)[]>,
  ): Promise<readonly (T | Error)[]> {
    throw new Error('to come')
  }

  /**
   * Asks every shard, `data.shards.scatterConcurrency` at a time: only for what no owner is known of.
   * @param read  must take rows of `buckets` only (`bucket = any($1)`): while buckets move, and for some seconds after,
   *   two shards have their rows
   */
  scatter<T>(
    _read: (em: EntityManager, shard: string, buckets: readonly number[]) => Promise<T>,
  ): Promise<Scattered<T>> {
    throw new Error('to come')
  }

  /** Migrates every shard, and makes the map when there is none. @returns what this call applied, as `shard: name` */
  migrate(): Promise<readonly string[]> {
    throw new Error('to come')
  }

  /** As `Database.inRequest`: one reader and one moment for each shard. */
  inRequest<T>(_seen: ConsistencyToken, _work: (scope: RequestScope) => Promise<T>): Promise<T> {
    throw new Error('to come')
  }

  /** Well while a shard is: what the others have can be had. Never rejects. */
  health(): Promise<Health> {
    throw new Error('to come')
  }

  onStatement(_listener: StatementListener): void {
    throw new Error('to come')
  }

  readonly withTags = withTags

  close(): Promise<void> {
    throw new Error('to come')
  }
}
