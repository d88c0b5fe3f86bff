import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import type { Log } from '../log.ts'
import { isUnreachable } from '../translate-error.ts'
import { bucketCount } from './bucket-of.ts'
import { readMapCopy, type ShardSaid } from './shard-copy.ts'
import { mergeCopies, shardMap, type MapCopy, type ShardMap } from './shard-map.ts'
import type { ShardWatch } from './shard-watch.ts'

export type KeeperSettings = Readonly<{
  database: string
  refreshMs: number
  /** Rows that were moved away stay for `2 x refreshMs` and this. */
  statementTimeoutMs: number
  /** How long a shard is waited for that does not answer. */
  holdMs: number
}>

const retryMs = 50

/** When something was confirmed, and for which map. */
export type Confirmed = Readonly<{ map: ShardMap; at: number }>

/**
 * Keeps the newest map that any shard knows. A shard's rows may be read only while it has lately said that no newer map
 * is known there: whoever moves buckets deletes the rows that stay behind later than that.
 */
export class MapKeeper {
  readonly #settings: KeeperSettings
  readonly #watches: readonly ShardWatch[]
  readonly #log: Log
  readonly #timers = new Map<ShardWatch, NodeJS.Timeout>()
  /** What all copies together say, and the version of each that is in it. */
  #known: MapCopy | undefined
  readonly #read = new Map<ShardWatch, number>()
  #map: ShardMap | undefined
  #learnedAt = 0
  #isClosed = false

  constructor(settings: KeeperSettings, watches: readonly ShardWatch[], log: Log) {
    this.#settings = settings
    this.#watches = watches
    this.#log = log
  }

  /** Looks again and again from now on. */
  start(): void {
    for (const watch of this.#watches) this.#later(watch)
  }

  /** @throws DATABASE_UNAVAILABLE while there is none: it is made when the subgraph migrates */
  get map(): ShardMap {
    if (this.#map !== undefined) return this.#map
    const cause = new Error(`no shard of "${this.#settings.database}" that answers has a map yet`)
    throw new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause })
  }

  get isKnown(): boolean {
    return this.#map !== undefined
  }

  /** The shard that has a bucket. @throws SHARD_UNKNOWN when the configuration lacks it */
  watchOf(bucket: number): ShardWatch {
    const name = this.map.shardOf(bucket)
    const watch = this.#watches.find(({ names }) => names.has(name))
    if (watch === undefined) throw this.unknown(name)
    return watch
  }

  /** Shards that the map names and the configuration lacks, as errors. */
  unknownShards(): readonly MarqueeError[] {
    const owners = new Set(Array.from({ length: bucketCount }, (_, bucket) => this.map.shardOf(bucket)))
    return [...owners]
      .filter(owner => !this.#watches.some(({ names }) => names.has(owner)))
      .map(owner => this.unknown(owner))
  }

  bucketsOf({ names }: ShardWatch): readonly number[] {
    return [...names].flatMap(name => this.map.bucketsOf(name))
  }

  /**
   * Asks every shard. Never rejects.
   * @param isEnough  asked after each answer: whether the others need not be waited for
   */
  async refresh(isEnough: () => boolean = () => false): Promise<void> {
    const enough = Promise.withResolvers<void>()
    const all = this.#watches.map(async watch => {
      await watch.ask().catch(() => undefined)
      if (isEnough()) enough.resolve()
    })
    await Promise.race([enough.promise, Promise.all(all)])
  }

  /**
   * Waits until a shard may be read by the map: it has said lately that it knows no newer one, and how far its readers
   * must be.
   * @throws SHARD_UNAVAILABLE when it cannot be asked for `holdMs`; at once when it could not be before
   */
  async confirmed(watch: ShardWatch): Promise<Confirmed> {
    const { refreshMs, holdMs } = this.#settings
    const until = performance.now() + holdMs
    const { said } = watch
    if (said !== undefined && performance.now() - said.at <= 2 * refreshMs && this.#hasFloor(watch))
      return { map: this.map, at: said.at }
    for (;;) {
      if (watch.isGone(holdMs)) throw watch.unavailable()
      try {
        const { at } = await watch.ask()
        if (this.#hasFloor(watch)) return { map: this.map, at }
      } catch (error) {
        if (performance.now() >= until) throw error
      }
      if (performance.now() >= until) throw watch.unavailable()
      await after(retryMs)
    }
  }

  /** Whether rows that were read when this was confirmed cannot have been deleted by a move before they were read. */
  async isStillTrue({ map, at }: Confirmed, watch: ShardWatch): Promise<boolean> {
    const { refreshMs, statementTimeoutMs } = this.#settings
    if (performance.now() < at + 2 * refreshMs + statementTimeoutMs) return true
    await watch.ask()
    return this.map === map
  }

  /** Told of each answer of a shard: reads its copy of the map when that is another than the last time. */
  async heard(watch: ShardWatch, { copy }: ShardSaid): Promise<void> {
    if (copy === undefined || copy.version === this.#read.get(watch)) return
    const read = await readMapCopy(watch.set)
    if (read === undefined) return
    this.#take(read, watch)
    this.#read.set(watch, read.version)
  }

  isGone(watch: ShardWatch): boolean {
    return watch.isGone(this.#settings.holdMs)
  }

  unknown(shard: string): MarqueeError {
    const { database } = this.#settings
    const buckets = this.map.bucketsOf(shard).length
    return new MarqueeError('SHARD_UNKNOWN', { database, shard, buckets })
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #hasFloor(watch: ShardWatch): boolean {
    watch.noteFloor(this.map, this.#learnedAt)
    return watch.floor(this.map) !== undefined
  }

  #take(copy: MapCopy, from: ShardWatch): void {
    const { database } = this.#settings
    if (copy.owners.length !== bucketCount) {
      const reason = `the map on "${from.name}" has ${copy.owners.length} of ${bucketCount} buckets`
      throw new MarqueeError('TOPOLOGY_WRONG', { database, reason })
    }
    const before = this.#known
    this.#known = before === undefined ? copy : mergeCopies(before, copy)
    const { version, owners } = this.#known
    const isNew =
      version !== before?.version || owners.some((owner, bucket) => owner !== before.owners[bucket])
    if (!isNew) return
    this.#map = shardMap(version, owners)
    this.#learnedAt = performance.now()
    const what = before === undefined ? 'the map of shards is known' : 'the map of shards has changed'
    this.#log.info({ database, version, from: from.name }, what)
    if (before === undefined) return
    for (const { message } of this.unknownShards()) this.#log.warn({ database, version }, message)
  }

  #later(watch: ShardWatch): void {
    if (this.#isClosed) return
    const look = async (): Promise<void> => {
      const wasGone = this.isGone(watch)
      try {
        await watch.ask()
        if (this.isKnown) this.#hasFloor(watch)
        if (wasGone) this.#log.info({ shard: watch.name }, 'a shard answers again')
      } catch (error) {
        if (!wasGone && this.isGone(watch)) {
          const { message, cause } = error as Error
          const reason = isUnreachable(cause) ? (cause as Error).message : message
          this.#log.warn({ shard: watch.name, reason }, 'a shard cannot be reached')
        }
      }
      this.#later(watch)
    }
    // Looking alone keeps no process up.
    this.#timers.set(watch, setTimeout(() => void look(), this.#settings.refreshMs).unref())
  }
}
