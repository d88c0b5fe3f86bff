import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

export type WriteLoad = Readonly<{
  acknowledged: () => number
  /** Longest time without an acknowledged write since the last call, in ms. */
  longestStallMs: () => number
  /** Ends the load. @returns how many acknowledged rows are not there */
  finish: () => Promise<number>
}>

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500, query_timeout: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** A connection to the server that takes writes now, as `target_session_attrs=read-write` finds it. */
export const connectToWriter = async (servers: readonly string[]): Promise<pg.Client> => {
  for (;;) {
    for (const url of servers) {
      try {
        const client = await connect(url)
        const { rows } = await client.query<{ replica: boolean }>('select pg_is_in_recovery() as replica')
        if (rows[0]?.replica === false) return client
        await client.end()
      } catch {
        // The next one.
      }
    }
    await sleep(10)
  }
}

/** Writes rows, one a commit, over some connections, wherever the writer is. */
export const writeLoad = async (servers: readonly string[], connections: number): Promise<WriteLoad> => {
  const first = await connectToWriter(servers)
  await first.query('create table written (id bigint primary key)')
  await first.end()
  const acknowledged: number[] = []
  const stop = new AbortController()
  let next = 0
  let lastAt = performance.now()
  let longestMs = 0
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const client = await connectToWriter(servers)
      try {
        while (!stop.signal.aborted) {
          const id = (next += 1)
          await client.query('insert into written values ($1)', [id])
          acknowledged.push(id)
          longestMs = Math.max(longestMs, performance.now() - lastAt)
          lastAt = performance.now()
        }
      } catch {
        // The writer is gone: whether it had the row is not known, and so it does not count.
      } finally {
        void client.end().catch(() => undefined)
      }
    }
  }
  const running = Promise.all(Array.from({ length: connections }, run))
  return {
    acknowledged: () => acknowledged.length,
    longestStallMs: () => {
      const longest = Math.max(longestMs, performance.now() - lastAt)
      longestMs = 0
      return longest
    },
    finish: async () => {
      stop.abort()
      await running
      const client = await connectToWriter(servers)
      const { rows } = await client.query<{ id: string }>('select id from written')
      await client.end()
      const there = new Set(rows.map(row => Number(row.id)))
      return acknowledged.filter(id => !there.has(id)).length
    },
  }
}
