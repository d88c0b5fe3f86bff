import { MarqueeError } from '@marquee/contract'
import type { DataConfig } from '../config.ts'
import { silent, type Log } from '../log.ts'
import { writersOf } from '../migrations/migrate-domain.ts'
import type { DomainModel } from '../model.ts'
import { bucketCount } from '../shards/bucket-of.ts'
import { BulkTarget, type BulkRows, type BulkTable } from './bulk-target.ts'

/** One row: as `copyLine` makes it, and its bucket, where the database is sharded. */
export type BulkRow = Readonly<{ into: BulkTable; line: string; bucket?: number }>

/**
 * Fills the database of a domain, on all its shards, in steps that are remembered: a run that was killed goes on where it
 * was. Rows go to the shard that has their bucket. Must be closed.
 */
export class BulkLoad {
  readonly #run: string
  readonly #targets: readonly BulkTarget[]
  readonly #owners: readonly (BulkTarget | undefined)[]
  /** The run was begun before. */
  readonly isBegun: boolean

  private constructor(
    run: string,
    targets: readonly BulkTarget[],
    owners: readonly (BulkTarget | undefined)[],
    isBegun: boolean,
  ) {
    this.#run = run
    this.#targets = targets
    this.#owners = owners
    this.isBegun = isBegun
  }

  /**
   * @param run  tells this load from others, by what it would write
   * @throws CONFIG_INVALID, DATABASE_UNAVAILABLE; USAGE_INVALID when another process loads into the database
   */
  static async open(
    config: DataConfig,
    model: DomainModel,
    run: string,
    { log = silent }: Readonly<{ log?: Log }> = {},
  ): Promise<BulkLoad> {
    const targets: BulkTarget[] = []
    try {
      for (const place of await writersOf(config, model, log))
        targets.push(await BulkTarget.open(place, model.domain, model.sharded === true))
      const begun: boolean[] = []
      for (const target of targets) begun.push(await target.readMarks(run))
      const owners = model.sharded === true ? await ownersOf(targets) : []
      return new BulkLoad(run, targets, owners, begun.includes(true))
    } catch (error) {
      await Promise.all(targets.map(target => target.close()))
      throw error
    }
  }

  /** Rows that a question finds, on every shard. */
  async rows<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    const answers = await Promise.all(this.#targets.map(target => target.rows(sql, params)))
    return answers.flat() as unknown as readonly Row[]
  }

  /** Makes the table of steps. */
  async begin(): Promise<void> {
    for (const target of this.#targets) await target.makeMarks()
  }

  /** Whether a step is done everywhere. */
  isDone(step: string): boolean {
    return this.#targets.every(({ done }) => done.has(step))
  }

  /**
   * Does a step where it has not been done yet.
   * @throws BUCKET_MOVING, DATABASE_UNAVAILABLE; USAGE_INVALID when buckets were moved since a part of it was done
   */
  async load(step: string, rows: readonly BulkRow[]): Promise<void> {
    const missing = this.#targets.filter(({ done }) => !done.has(step))
    if (missing.length === 0) return
    this.#checkMap(step)
    const parts = new Map<BulkTarget, Map<BulkTable, string[]>>()
    const buckets = new Map<BulkTarget, Set<number>>()
    for (const { into, line, bucket } of rows) {
      const target = bucket === undefined ? this.#targets[0] : this.#owners[bucket]
      if (target === undefined) throw new MarqueeError('BUCKET_MOVING', { bucket, database: this.#run })
      const tables = parts.get(target) ?? new Map<BulkTable, string[]>()
      parts.set(target, tables)
      const lines = tables.get(into)
      if (lines === undefined) tables.set(into, [line])
      else lines.push(line)
      if (bucket === undefined) continue
      const own = buckets.get(target) ?? new Set()
      buckets.set(target, own.add(bucket))
    }
    await Promise.all(
      missing.map(target => {
        const tables = [...(parts.get(target) ?? [])].map(([into, lines]): BulkRows => ({ into, lines }))
        return target.load(this.#run, step, tables, [...(buckets.get(target) ?? [])])
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#targets.map(target => target.close()))
  }

  /** Half a step is of no use when what belongs to it was moved since: nobody knows which half a row was in. */
  #checkMap(step: string): void {
    for (const { done, mapVersion, name } of this.#targets) {
      const version = done.get(step)
      if (version === undefined || version === mapVersion) continue
      throw new MarqueeError('USAGE_INVALID', {
        reason: `buckets were moved while "${step}" was half done (${name}); begin anew on an empty database`,
        command: 'seed',
      })
    }
  }
}

/** Who has each bucket, by the newest of what the shards say of it. */
const ownersOf = async (targets: readonly BulkTarget[]): Promise<readonly (BulkTarget | undefined)[]> => {
  const newest = new Map<number, Readonly<{ shard: string; version: number }>>()
  for (const target of targets) {
    const rows = await target.rows<{ bucket: number; shard: string; version: string }>(
      'select bucket, shard, version from marquee.shard_map',
    )
    for (const { bucket, shard, version } of rows) {
      const known = newest.get(bucket)
      if (known === undefined || known.version < Number(version))
        newest.set(bucket, { shard, version: Number(version) })
    }
  }
  return Array.from({ length: bucketCount }, (_, bucket) =>
    targets.find(({ ownName }) => ownName === newest.get(bucket)?.shard),
  )
}
