import { MarqueeError } from '@marquee/contract'
import pg from 'pg'
import { plainTypes } from '../plain-types.ts'
import { upkeepMark } from '../statement-tags.ts'
import { isUnreachable } from '../translate-error.ts'

/** Where a shard is: all its servers, whichever of them takes writes now. */
export type ShardPlace = Readonly<{ database: string; name: string; urls: readonly string[] }>

export type Run = <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>

const connectTimeoutMs = 3000
/** A server that is silent for longer hangs. */
const usualTimeoutMs = 60_000

// One text of a row on both sides: what is compared must not depend on a server's settings. A mover has bounds of its own.
const settings =
  '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1 -c search_path=pg_catalog'

const openClient = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'marquee-mover',
    connectionTimeoutMillis: connectTimeoutMs,
    types: plainTypes,
    options: settings,
    keepAlive: true,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    void client.end().catch(() => undefined)
    throw error
  }
}

/** Connects to the server that takes writes. */
const openWriter = async ({
  database,
  name,
  urls,
}: ShardPlace): Promise<Readonly<{ client: pg.Client; url: string }>> => {
  let cause: unknown = new Error('none of its servers takes writes')
  for (const url of urls) {
    try {
      const client = await openClient(url)
      const { rows } = await client.query<{ is_replica: boolean }>('select pg_is_in_recovery() as is_replica')
      if (rows[0]?.is_replica === false) return { client, url }
      void client.end().catch(() => undefined)
    } catch (error) {
      cause = error
    }
  }
  throw new MarqueeError('SHARD_UNAVAILABLE', { database, shard: name }, { cause })
}

/**
 * A mover's connection to the writer of one shard. Opened when first used, and again after it broke: who the writer is
 * may have changed.
 */
export class ShardConnection {
  readonly database: string
  readonly name: string
  readonly #place: ShardPlace
  #open: Promise<Readonly<{ client: pg.Client; url: string }>> | undefined

  constructor(place: ShardPlace) {
    this.database = place.database
    this.name = place.name
    this.#place = place
  }

  #opened(): Promise<Readonly<{ client: pg.Client; url: string }>> {
    this.#open ??= openWriter(this.#place).catch((error: unknown) => {
      this.#open = undefined
      throw error
    })
    return this.#open
  }

  /** Address of the server that takes writes. */
  async url(): Promise<string> {
    return (await this.#opened()).url
  }

  /** @throws SHARD_UNAVAILABLE when the server cannot be reached, went away, or was silent for `timeoutMs` */
  async rows<Row extends object>(
    sql: string,
    params: readonly unknown[] = [],
    timeoutMs = usualTimeoutMs,
  ): Promise<Row[]> {
    const { client } = await this.#opened()
    try {
      const query = { text: `${sql} ${upkeepMark}`, values: [...params], query_timeout: timeoutMs }
      return (await client.query<Row>(query)).rows
    } catch (error) {
      if (!isUnreachable(error)) throw error
      this.drop()
      throw new MarqueeError(
        'SHARD_UNAVAILABLE',
        { database: this.database, shard: this.name },
        { cause: error },
      )
    }
  }

  /** Runs `work` in one transaction. */
  async transaction<T>(work: (run: Run) => Promise<T>, timeoutMs = usualTimeoutMs): Promise<T> {
    const run: Run = (sql, params) => this.rows(sql, params, timeoutMs)
    await run('begin')
    try {
      const result = await work(run)
      await run('commit')
      return result
    } catch (error) {
      // Without a server there is nothing to roll back.
      if (this.#open !== undefined) await run('rollback').catch(() => undefined)
      throw error
    }
  }

  /** Forgets the connection; the next use opens another. */
  drop(): void {
    const open = this.#open
    this.#open = undefined
    void open?.then(({ client }) => client.end()).catch(() => undefined)
  }
}
