import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'
import type { ShardCluster } from './shard-cluster.ts'

/** A row as it must be: how often it was updated, or that it was deleted. Null: nobody can know. */
type Expected = number | 'deleted' | null

export type BucketLoad = Readonly<{
  /** Acknowledged writes so far. */
  acknowledged: () => number
  /** Writes that the fence or a moved bucket sent elsewhere. */
  retried: () => number
  /** The longest that one write took, retries and all. */
  slowestMs: () => number
  stop: () => Promise<void>
  /** What is not as it was acknowledged: rows lost, doubled, on a shard that does not own them, or of another state. */
  wrongs: () => Promise<readonly string[]>
}>

/** MQ001: the fence. 40001: a REPEATABLE READ writer that began before it. */
const isMoving = (error: unknown): boolean =>
  ['MQ001', '40001'].includes(String((error as { code?: string }).code))

const insert = 'insert into public.item (id, bucket, owner) values ($1, $2, $3)'
const update = 'update public.item set n = n + 1 where id = $1 and bucket = $2'
const remove = 'delete from public.item where id = $1 and bucket = $2'

class Writer {
  readonly #cluster: ShardCluster
  readonly #shards: readonly string[]
  readonly #clients = new Map<string, Promise<pg.Client>>()
  #owners: readonly string[] = []

  constructor(cluster: ShardCluster, shards: readonly string[]) {
    this.#cluster = cluster
    this.#shards = shards
  }

  #client(shard: string): Promise<pg.Client> {
    const open = async (): Promise<pg.Client> => {
      const client = new pg.Client({
        connectionString: this.#cluster.url(shard),
        connectionTimeoutMillis: 500,
      })
      client.on('error', () => this.#clients.delete(shard))
      await client.connect()
      return client
    }
    const known = this.#clients.get(shard)
    if (known !== undefined) return known
    const client = open()
    this.#clients.set(shard, client)
    client.catch(() => this.#clients.delete(shard))
    return client
  }

  async #learn(): Promise<void> {
    let newest = -1
    for (const shard of this.#shards) {
      const client = await this.#client(shard)
      const { rows } = await client.query<{ v: string; owners: string[] }>(
        `select (select map_version from marquee.shard) as v, array_agg(shard order by bucket) as owners
         from marquee.shard_map`,
      )
      if (Number(rows[0]?.v) <= newest) continue
      newest = Number(rows[0]?.v)
      this.#owners = rows[0]?.owners ?? []
    }
  }

  /** @returns how often it was sent elsewhere */
  async write(sql: string, params: readonly unknown[], bucket: number, isolated: boolean): Promise<number> {
    for (let tries = 0; ; tries += 1) {
      if (tries > 0 || this.#owners.length === 0) await this.#learn()
      const client = await this.#client(this.#owners[bucket] ?? '')
      try {
        await client.query(isolated ? 'begin isolation level repeatable read' : 'begin')
        const { rowCount } = await client.query(sql, [...params])
        await client.query('commit')
        if (rowCount !== 1) throw new Error(`${sql} changed ${rowCount} rows of ${String(params[0])}`)
        return tries
      } catch (error) {
        if (!isMoving(error)) throw error
        await client.query('rollback')
        if (this.#cluster.stopped.aborted) throw error
        await after(20)
      }
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) void (await client).end().catch(() => undefined)
  }
}

/** Inserts, updates and deletes rows of `item` in some buckets, and keeps a record of what was acknowledged. */
export const bucketLoad = (
  cluster: ShardCluster,
  shards: readonly string[],
  buckets: readonly number[],
  writers = 4,
): BucketLoad => {
  const expected = new Map<string, Expected>()
  const surprises: string[] = []
  const stopping = new AbortController()
  const isOver = (): boolean => stopping.signal.aborted || cluster.stopped.aborted
  let acknowledged = 0
  let retried = 0
  let slowestMs = 0

  const one = async (writer: Writer, own: Map<string, number>): Promise<void> => {
    const isNew = own.size < 20 || Math.random() < 0.4
    const known = [...own.keys()][Math.floor(Math.random() * own.size)] ?? ''
    const id = isNew ? randomUUID() : known
    const bucket = isNew ? (buckets[Math.floor(Math.random() * buckets.length)] ?? 0) : (own.get(id) ?? 0)
    const isEnd = !isNew && Math.random() < 0.3
    const before = expected.get(id) ?? null
    const startedAt = performance.now()
    expected.set(id, null)
    const [sql, params] = isNew ? [insert, [id, bucket, 'load']] : [isEnd ? remove : update, [id, bucket]]
    retried += await writer.write(sql, params, bucket, Math.random() < 0.3)
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    acknowledged += 1
    if (isEnd) own.delete(id)
    else own.set(id, bucket)
    expected.set(id, isNew ? 0 : isEnd ? 'deleted' : Number(before) + 1)
  }
  const run = async (): Promise<void> => {
    const own = new Map<string, number>()
    let writer = new Writer(cluster, shards)
    while (!isOver()) {
      try {
        await one(writer, own)
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        if (message.includes(' changed ')) surprises.push(message)
        // The server went away: what was under way is not known, so those rows are left alone.
        else if (code !== undefined && /^(23|22|42)/.test(code)) surprises.push(message)
        for (const id of own.keys()) if (expected.get(id) === null) own.delete(id)
        await writer.close().catch(() => undefined)
        writer = new Writer(cluster, shards)
        await after(20)
      }
    }
    await writer.close()
  }
  const done = Promise.all(Array.from({ length: writers }, run))

  const wrongs = async (): Promise<readonly string[]> => {
    const found = new Map<string, string[]>()
    for (const shard of shards) {
      const rows = await cluster.sql<{ id: string; n: number; owner: string }>(
        shard,
        `select id, n, (select m.shard from marquee.shard_map m where m.bucket = item.bucket) as owner
         from public.item where owner = 'load'`,
      )
      for (const { id, n, owner } of rows) {
        found.set(id, [
          ...(found.get(id) ?? []),
          owner === shard ? String(n) : `${n} on ${shard}, not ${owner}`,
        ])
      }
    }
    const wrong = [...expected].flatMap(([id, state]) => {
      const rows = found.get(id) ?? []
      if (state === null) return rows.length > 1 ? [`${id} is there twice`] : []
      const wanted = state === 'deleted' ? [] : [String(state)]
      return rows.join('; ') === wanted.join('; ')
        ? []
        : [`${id} is ${rows.join('; ') || 'lost'}, not ${state}`]
    })
    return [...surprises, ...wrong]
  }
  return {
    acknowledged: () => acknowledged,
    retried: () => retried,
    slowestMs: () => slowestMs,
    stop: async () => {
      stopping.abort()
      await done
    },
    wrongs,
  }
}
