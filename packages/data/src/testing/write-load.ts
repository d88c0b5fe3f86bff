import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'

export type WriteLoad = Readonly<{
  /** Ids whose commit was acknowledged. */
  acknowledged: readonly number[]
  /** Longest time without an acknowledged write since the last call, in ms. */
  longestStallMs: () => number
  stop: () => Promise<void>
}>

const createTable = 'create table if not exists written (id bigint primary key)'

/**
 * Writes rows into the table `written`, one a commit, over several connections.
 * @param findWriter  address of the server that takes writes now; asked again whenever a connection is lost
 */
export const writeLoad = (findWriter: () => string | Promise<string>, connections = 4): WriteLoad => {
  const acknowledged: number[] = []
  let next = 0
  const stopping = new AbortController()
  let lastAt = performance.now()
  let longestMs = 0
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const client = new pg.Client({
        connectionString: await findWriter(),
        connectionTimeoutMillis: 500,
        query_timeout: 5000,
      })
      client.on('error', () => undefined)
      try {
        await client.connect()
        while (!stopping.signal.aborted) {
          const id = (next += 1)
          await client.query('insert into written values ($1)', [id])
          acknowledged.push(id)
          longestMs = Math.max(longestMs, performance.now() - lastAt)
          lastAt = performance.now()
        }
      } catch {
        // The writer is gone: whether it had the row is not known, and so it does not count.
        await after(5)
      } finally {
        void client.end().catch(() => undefined)
      }
    }
  }
  const begin = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: await findWriter() })
    await client.connect()
    await client.query(createTable)
    await client.end()
    lastAt = performance.now()
    await Promise.all(Array.from({ length: connections }, run))
  }
  const done = begin()
  return {
    acknowledged,
    longestStallMs: () => {
      const longest = Math.max(longestMs, performance.now() - lastAt)
      longestMs = 0
      return longest
    },
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}

/** Ids that were acknowledged, and are not there. */
export const lostWrites = async (
  url: string,
  acknowledged: readonly number[],
): Promise<readonly number[]> => {
  // Some are acknowledged while we ask.
  const wanted = [...acknowledged]
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ id: string }>('select id from written')
    const there = new Set(rows.map(row => Number(row.id)))
    return wanted.filter(id => !there.has(id))
  } finally {
    await client.end()
  }
}
