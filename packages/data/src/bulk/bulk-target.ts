import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import pg from 'pg'
import type { MigrationTarget } from '../migrations/migration-session.ts'
import { isUnreachable } from '../translate-error.ts'
import { copyRows } from './copy-rows.ts'
import { upkeepMark } from '../statement-tags.ts'
import { clientConfigOf } from '../server-address.ts'

/** A table that is filled. */
export type BulkTable = Readonly<{
  table: string
  columns: readonly string[]
  /** Rows that may be there are added to: by these columns they are told apart, this one is the sum. */
  adds?: Readonly<{ key: readonly string[]; column: string }>
}>

/** Rows of one table, as `copyLine` makes them. */
export type BulkRows = Readonly<{ into: BulkTable; lines: readonly string[] }>

/** Marks of which steps were done: in the transaction of the step, so that a killed run knows where it was. */
const createMarks = `
create schema if not exists marquee_bulk;
create table if not exists marquee_bulk.step (
  run text not null,
  step text not null,
  map_version bigint,
  rows bigint not null,
  primary key (run, step)
)`

// "bulk" in ASCII.
const bulkLock = 0x62756c6b
const lockWaitMs = 10_000

/** One database that rows are loaded into: its connection, and what is known to be there. */
export class BulkTarget {
  readonly name: string
  readonly done = new Map<string, number | null>()
  #ownName = ''
  #mapVersion: number | null = null
  readonly #client: pg.Client
  readonly #database: string
  #mayBypass = false

  private constructor(name: string, database: string, client: pg.Client) {
    this.name = name
    this.#database = database
    this.#client = client
  }

  /** @throws DATABASE_UNAVAILABLE; USAGE_INVALID when another process loads into it */
  static async open(place: MigrationTarget, database: string, isSharded: boolean): Promise<BulkTarget> {
    const client = new pg.Client({
      ...clientConfigOf(place),
      application_name: 'marquee-bulk',
      connectionTimeoutMillis: 10_000,
    })
    client.on('error', () => undefined)
    const target = new BulkTarget(place.name, database, client)
    try {
      await client.connect()
      await target.#lock()
      // Nobody needs to know within a millisecond what a crash of the server would have us do again.
      await client.query('set synchronous_commit = off')
      if (isSharded) await target.#readShard()
      return target
    } catch (error) {
      await target.close()
      throw isUnreachable(error) ? new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error }) : error
    }
  }

  get mapVersion(): number | null {
    return this.#mapVersion
  }

  get ownName(): string {
    return this.#ownName
  }

  /** What was done of a run; undefined: it was never begun here. */
  async readMarks(run: string): Promise<boolean> {
    const { rows: tables } = await this.#client.query<{ there: boolean }>(
      `select to_regclass('marquee_bulk.step') is not null as there`,
    )
    if (tables[0]?.there !== true) return false
    const { rows } = await this.#client.query<{ step: string; version: string | null }>(
      'select step, map_version as version from marquee_bulk.step where run = $1',
      [run],
    )
    for (const { step, version } of rows) this.done.set(step, version === null ? null : Number(version))
    return rows.length > 0
  }

  async makeMarks(): Promise<void> {
    await this.#client.query(createMarks)
  }

  async rows<Row extends pg.QueryResultRow>(
    sql: string,
    params: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    return (await this.#client.query<Row>(`${sql} ${upkeepMark}`, [...params])).rows
  }

  /**
   * One step: all of its rows and its mark, or nothing.
   * @param buckets  those of the rows, which stay here until it is done
   * @throws BUCKET_MOVING
   */
  async load(
    run: string,
    step: string,
    tables: readonly BulkRows[],
    buckets: readonly number[],
  ): Promise<void> {
    const client = this.#client
    await client.query('begin')
    try {
      if (buckets.length > 0) await this.#hold(buckets)
      for (const rows of tables) await this.#write(rows)
      await client.query(
        'insert into marquee_bulk.step (run, step, map_version, rows) values ($1, $2, $3, $4)',
        [run, step, this.#mapVersion, tables.reduce((sum, { lines }) => sum + lines.length, 0)],
      )
      await client.query('commit')
      this.done.set(step, this.#mapVersion)
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw isUnreachable(error) ? new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: error }) : error
    }
  }

  close(): Promise<void> {
    return this.#client.end().catch(() => undefined)
  }

  async #lock(): Promise<void> {
    // The server may not have noticed yet that a run was killed.
    const until = performance.now() + lockWaitMs
    for (;;) {
      const { rows } = await this.#client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [
        bulkLock,
      ])
      if (rows[0]?.got === true) return
      if (performance.now() > until)
        throw new MarqueeError('USAGE_INVALID', {
          reason: `another process loads into "${this.name}"`,
          command: 'seed',
        })
      await after(200)
    }
  }

  async #readShard(): Promise<void> {
    const [shard] = await this.rows<{ name: string; version: string }>(
      'select name, map_version as version from marquee.shard',
    )
    if (shard === undefined) return
    this.#ownName = shard.name
    this.#mapVersion = Number(shard.version)
    const [role] = await this.rows<{ may: boolean }>(
      `select has_parameter_privilege('session_replication_role', 'set') as may`,
    )
    this.#mayBypass = role?.may === true
  }

  /** Does once for all rows what the fence does for each; then it need not, where the role may pass it by. */
  async #hold(buckets: readonly number[]): Promise<void> {
    const rows = await this.rows<{ bucket: number; shard: string; state: string }>(
      'select bucket, shard, state from marquee.shard_map where bucket = any($1) order by bucket for share',
      [buckets],
    )
    const away = rows.find(({ shard, state }) => shard !== this.#ownName || state !== 'open')
    if (away !== undefined || rows.length < buckets.length)
      throw new MarqueeError('BUCKET_MOVING', { bucket: away?.bucket, database: this.#database })
    if (this.#mayBypass) await this.#client.query('set local session_replication_role = replica')
  }

  async #write({ into: { table, columns, adds }, lines }: BulkRows): Promise<void> {
    if (adds === undefined) return copyRows(this.#client, table, columns, lines)
    if (lines.length === 0) return
    const [key, all] = [adds.key.join(', '), columns.join(', ')]
    await this.#client.query(
      `create temp table bulk_rows on commit drop as select ${all} from ${table} limit 0`,
    )
    await copyRows(this.#client, 'bulk_rows', columns, lines)
    await this.#client.query(
      `insert into ${table} (${all}) select ${columns.map(one => (one === adds.column ? `sum(${one})` : one)).join(', ')}
       from bulk_rows group by ${key} order by ${key}
       on conflict (${key}) do update set ${adds.column} = ${table}.${adds.column} + excluded.${adds.column}`,
    )
    await this.#client.query('drop table bulk_rows')
  }
}
