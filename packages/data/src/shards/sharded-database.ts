import { setTimeout as after } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/postgresql'
import { MarqueeError, type ConsistencyToken } from '@marquee/contract'
import type { Database, StatementListener } from '../database.ts'
import type { Health } from '../health.ts'
import { currentScope, inScope, type RequestScope } from '../routing/request-scope.ts'
import { withTags } from '../statement-tags.ts'
import { isUnreachable } from '../translate-error.ts'
import { bucketOf } from './bucket-of.ts'
import { isFenced } from './fenced.ts'
import type { MapKeeper } from './map-keeper.ts'
import { mapEntry, positionOfVersion, versionSeen } from './map-token.ts'
import { MovedReads } from './moved-reads.ts'
import type { ShardMap } from './shard-map.ts'
import type { ShardWatch } from './shard-watch.ts'

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

/** A shard and what is known of it. */
export type OpenShard = Readonly<{ watch: ShardWatch; database: Database }>

/** The parts of a ShardedDatabase, made by `openShardedDatabase`. */
export type ShardedParts = Readonly<{
  domain: string
  /** What the topology calls the database. */
  name: string
  shards: readonly OpenShard[]
  keeper: MapKeeper
  fenceWaitMs: number
  scatterConcurrency: number
  /** Migrates what answers. @returns what was applied, as `shard: name` */
  migrate: () => Promise<readonly string[]>
  /** Migrates a shard that could not be when the others were, when it is first needed. */
  admit: (shard: OpenShard) => Promise<void>
  close: () => Promise<void>
}>

const firstPauseMs = 5
const longestPauseMs = 50
/** How often reads are done anew because the map changed under them. */
const mostRounds = 3

/** A read that a newer map has overtaken. */
const overtaken = Symbol('overtaken')

/**
 * One domain's data, its rows spread over shards by who owns them. Subgraphs ask by owner and know neither shards nor
 * buckets. Until there is a map, DATABASE_UNAVAILABLE.
 */
export class ShardedDatabase {
  readonly domain: string
  readonly #parts: ShardedParts
  readonly #moved = new MovedReads()

  constructor(parts: ShardedParts) {
    this.domain = parts.domain
    this.#parts = parts
  }

  /** The shards in the order of the configuration, for operators' work: what is by owner goes through the map. */
  shards(): readonly Shard[] {
    return this.#parts.shards.map(({ watch, database }) => ({
      name: watch.name,
      fork: () => database.fork(),
      transaction: work => database.transaction(work),
    }))
  }

  /** Who has which buckets, as far as this process knows. */
  map(): ShardMap {
    return this.#parts.keeper.map
  }

  /**
   * Runs a write in one transaction on the shard of `owner`. When its bucket is moved meanwhile, the try is rolled back
   * whole, and `work` runs again, on the new shard: it must do nothing but its statements.
   * @throws BUCKET_MOVING when the move takes longer than `data.shards.fenceWaitMs`
   * @throws SHARD_UNAVAILABLE, SHARD_UNKNOWN, and what `work` throws
   */
  async transaction<T>(owner: string, work: (em: EntityManager) => Promise<T>): Promise<T> {
    const { keeper, fenceWaitMs, name } = this.#parts
    const bucket = bucketOf(owner)
    const until = performance.now() + fenceWaitMs
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      await this.#knowMap()
      const shard = this.#shardOf(bucket)
      if (keeper.isGone(shard.watch)) throw shard.watch.unavailable()
      try {
        await this.#parts.admit(shard)
        const result = await shard.database.transaction(work)
        this.#noteVersion()
        return result
      } catch (error) {
        if (!isFenced(error, bucket)) throw isUnreachable(error) ? shard.watch.unavailable(error) : error
        if (performance.now() >= until)
          throw new MarqueeError('BUCKET_MOVING', { bucket, database: name }, { cause: error })
      }
      const { map } = keeper
      await keeper.refresh(() => keeper.map !== map)
      if (this.#shardOf(bucket) === shard) await after(pauseMs)
    }
  }

  /**
   * Reads by owner, as a DataLoader's batch: one call of `read` a shard, all at the same time.
   * @param read  gets the owners that are on this shard; answers one value for each, in their order. It may be called
   *   again when the map changes meanwhile
   * @returns one value for each owner, in their order. What a shard cannot answer is an error in its place, such as
   *   SHARD_UNAVAILABLE; the rest arrive
   */
  async byShard<T>(
    owners: readonly string[],
    read: (em: EntityManager, owners: readonly string[]) => Promise<readonly (T | Error)[]>,
  ): Promise<readonly (T | Error)[]> {
    const answers: (T | Error)[] = Array.from({ length: owners.length })
    await this.#knowMap()
    let open = owners.map((owner, at) => ({ owner, at, bucket: bucketOf(owner) }))
    for (let round = 1; open.length > 0; round += 1) {
      const groups = new Map<OpenShard, typeof open>()
      for (const one of open) {
        try {
          const shard = this.#shardOf(one.bucket)
          const group = groups.get(shard)
          if (group === undefined) groups.set(shard, [one])
          else group.push(one)
        } catch (error) {
          answers[one.at] = error as Error
        }
      }
      const again = await Promise.all(
        [...groups].map(async ([shard, group]) => {
          const values = await this.#readFrom(
            shard,
            group.map(({ bucket }) => bucket),
            async em => {
              const found = await read(
                em,
                group.map(({ owner }) => owner),
              )
              if (found.length !== group.length)
                throw new TypeError(`${found.length} values for ${group.length} owners`)
              return found
            },
          ).catch((error: unknown) => group.map(() => error as Error))
          if (values === overtaken && round < mostRounds) return group
          for (const [at, one] of group.entries())
            answers[one.at] = values === overtaken ? this.#moving(one.bucket) : (values[at] as T | Error)
          return []
        }),
      )
      open = again.flat()
    }
    return answers
  }

  /**
   * Asks every shard that has something, `data.shards.scatterConcurrency` at a time: only for what no owner is known
   * of.
   * @param read  must take rows of `buckets` only (`bucket = any($1)`): while buckets move, and for some seconds after,
   *   two shards have their rows. It may be called again when the map changes meanwhile
   */
  async scatter<T>(
    read: (em: EntityManager, shard: string, buckets: readonly number[]) => Promise<T>,
  ): Promise<Scattered<T>> {
    const { keeper } = this.#parts
    await this.#knowMap()
    for (let round = 1; ; round += 1) {
      const { map } = keeper
      const answers: T[] = []
      const failures: MarqueeError[] = [...keeper.unknownShards()]
      await this.#eachShard(async (shard, buckets) => {
        try {
          const answer = await this.#readFrom(shard, buckets, em => read(em, shard.watch.name, buckets))
          if (answer !== overtaken) answers.push(answer)
        } catch (error) {
          if (!(error instanceof MarqueeError)) throw error
          failures.push(error)
        }
      })
      // Every row was asked for once only if all were asked by the same map.
      if (keeper.map === map) return { answers, failures }
      if (round === mostRounds) throw this.#moving('any')
    }
  }

  /** Migrates every shard that answers, and makes the map when there is none. @returns what this call applied */
  migrate(): Promise<readonly string[]> {
    return this.#parts.migrate()
  }

  /** As `Database.inRequest`: one reader and one moment for each shard. */
  async inRequest<T>(seen: ConsistencyToken, work: (scope: RequestScope) => Promise<T>): Promise<T> {
    const { keeper, name } = this.#parts
    const version = versionSeen(seen, name)
    // Once: what no shard knows of is not known better a second time.
    if (keeper.isKnown && version > keeper.map.version)
      await keeper.refresh(() => keeper.map.version >= version)
    return inScope(seen, work)
  }

  /** Well while a shard is: what that has can be had. Never rejects. */
  async health(): Promise<Health> {
    const all = await Promise.all(
      this.#parts.shards.map(async ({ watch, database }) => ({
        ...(await database.health()),
        name: watch.name,
      })),
    )
    const ill = all.filter(({ ok }) => !ok)
    const well = all.filter(({ ok }) => ok)
    const latencyMs = Math.max(...(well.length > 0 ? well : ill).map(one => one.latencyMs))
    const detail = ill.map(one => `${one.name}: ${one.detail ?? 'it does not answer'}`).join('; ')
    return { ok: well.length > 0, latencyMs, ...(detail === '' ? {} : { detail }) }
  }

  /** Calls `listener` after each SQL statement on any shard, except transaction control. */
  onStatement(listener: StatementListener): void {
    for (const { database } of this.#parts.shards) database.onStatement(listener)
  }

  /** Runs `work` with the names of its field and loader on each statement that it causes. */
  readonly withTags = withTags

  /** Waits for statements in progress, then closes every connection. May be called twice. */
  close(): Promise<void> {
    return this.#parts.close()
  }

  async #knowMap(): Promise<void> {
    const { keeper } = this.#parts
    if (!keeper.isKnown) await keeper.refresh()
  }

  #shardOf(bucket: number): OpenShard {
    const { keeper, shards } = this.#parts
    const watch = keeper.watchOf(bucket)
    return shards.find(shard => shard.watch === watch) as OpenShard
  }

  #moving(bucket: number | 'any'): MarqueeError {
    return new MarqueeError('BUCKET_MOVING', { bucket, database: this.#parts.name })
  }

  /** Whoever reads what this request wrote must know the map by which it was written. */
  #noteVersion(): void {
    const { keeper, name, shards } = this.#parts
    if (shards.length > 1)
      currentScope.getStore()?.noteWrite(mapEntry(name), positionOfVersion(keeper.map.version))
  }

  async #eachShard(work: (shard: OpenShard, buckets: readonly number[]) => Promise<void>): Promise<void> {
    const { shards, keeper, scatterConcurrency } = this.#parts
    const waiting = shards
      .map(shard => ({ shard, buckets: keeper.bucketsOf(shard.watch) }))
      .filter(({ buckets }) => buckets.length > 0)
    const next = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
        await work(one.shard, one.buckets)
    }
    await Promise.all(Array.from({ length: scatterConcurrency }, next))
  }

  /**
   * Reads rows of these buckets from a shard that has them.
   * @returns `overtaken` when it does not have them any more
   */
  async #readFrom<T>(
    shard: OpenShard,
    buckets: readonly number[],
    read: (em: EntityManager) => Promise<T>,
  ): Promise<T | typeof overtaken> {
    const { keeper, name } = this.#parts
    const { watch, database } = shard
    const isHere = (): boolean => buckets.every(bucket => keeper.watchOf(bucket) === watch)
    try {
      await this.#parts.admit(shard)
      const confirmed = await keeper.confirmed(watch)
      if (!isHere()) return overtaken
      const scope = currentScope.getStore()
      if (scope?.reads === 'reader') {
        const position = watch.floor(confirmed.map)?.position
        if (position !== undefined) scope.mustSee(watch.set.database, position)
        this.#moved.check(scope, confirmed.map, watch, buckets, name)
      }
      const answer = await read(database.fork())
      return (await keeper.isStillTrue(confirmed, watch)) || isHere() ? answer : overtaken
    } catch (error) {
      throw isUnreachable(error) ? watch.unavailable(error) : error
    }
  }
}
