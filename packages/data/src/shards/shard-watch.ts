import { MarqueeError, type WalPosition } from '@marquee/contract'
import type { ReplicaSet } from '../routing/replica-set.ts'
import type { PlacedSet } from '../topology-config.ts'
import { isUnreachable } from '../translate-error.ts'
import { askShard, type ShardSaid } from './shard-copy.ts'
import type { ShardMap } from './shard-map.ts'

/** One shard as this process knows it: when it was heard of last, and what it said. */
export class ShardWatch {
  readonly name: string
  readonly set: ReplicaSet
  /** What the map may call it. */
  readonly names: ReadonlySet<string>
  readonly #names: Set<string>
  readonly #database: string
  readonly #isNamed: boolean
  readonly #heard: (watch: ShardWatch, said: ShardSaid) => Promise<void>
  #said: ShardSaid | undefined
  #failure: Error | undefined
  #heardAt = performance.now()
  #asking: Promise<ShardSaid> | undefined
  #floor: Readonly<{ map: ShardMap; position: WalPosition | undefined }> | undefined

  /**
   * @param place  in a database that is not sharded, it is called what it says
   * @param heard  is told of each answer, before whoever asked for it
   */
  constructor(
    { database, shard }: PlacedSet,
    set: ReplicaSet,
    heard: (watch: ShardWatch, said: ShardSaid) => Promise<void>,
  ) {
    this.name = shard ?? database
    this.set = set
    this.#names = new Set([this.name])
    this.names = this.#names
    this.#isNamed = shard !== null
    this.#database = database
    this.#heard = heard
  }

  /** What it said last; undefined before it said anything. */
  get said(): ShardSaid | undefined {
    return this.#said
  }

  /** Asks it now. Who asks while it is being asked gets the same answer. @throws SHARD_UNAVAILABLE, TOPOLOGY_WRONG */
  ask(): Promise<ShardSaid> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  /** It has not been heard of for so long that nobody should wait for it. */
  isGone(patienceMs: number): boolean {
    return this.#failure !== undefined && performance.now() - this.#heardAt > patienceMs
  }

  /** Why it cannot be had, in the words of the catalogue. */
  unavailable(cause: unknown = this.#failure): MarqueeError {
    if (cause instanceof MarqueeError && cause.code === 'TOPOLOGY_WRONG') return cause
    return new MarqueeError('SHARD_UNAVAILABLE', { shard: this.name, database: this.#database }, { cause })
  }

  /**
   * Where its readers must be at least for a map: what was moved here is not on a reader that is
   * behind it. Known once the writer was heard of after the map was learned.
   * @returns undefined while it is not known
   */
  floor(map: ShardMap): Readonly<{ position: WalPosition | undefined }> | undefined {
    if (this.set.isSingle) return { position: undefined }
    return this.#floor?.map === map ? this.#floor : undefined
  }

  /** Takes the last answer's position as the floor of a map that was learned before it. */
  noteFloor(map: ShardMap, learnedAt: number): void {
    if (this.set.isSingle || this.#floor?.map === map) return
    const { position, at } = this.#said ?? {}
    if (position !== undefined && at !== undefined && at >= learnedAt) this.#floor = { map, position }
  }

  async #ask(): Promise<ShardSaid> {
    try {
      const said = await askShard(this.set)
      const name = said.copy?.name
      if (name !== undefined && !this.#isNamed) this.#names.add(name)
      if (name !== undefined && !this.#names.has(name)) {
        throw new MarqueeError('TOPOLOGY_WRONG', {
          database: this.#database,
          reason: `what should be the shard "${this.name}" says that it is "${name}"`,
        })
      }
      await this.#heard(this, said)
      this.#said = said
      this.#heardAt = performance.now()
      this.#failure = undefined
      return said
    } catch (error) {
      this.#failure = error as Error
      throw isUnreachable(error) ? this.unavailable(error) : error
    }
  }
}
