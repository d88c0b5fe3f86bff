import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A connection that never ends this process. Closing it waits for nobody. */
export const withConnection = async <T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  connectMs = 10_000,
): Promise<T> => {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectMs,
    query_timeout: 30_000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    void client.end().catch(() => undefined)
  }
}

// One that hangs is passed by.
const probeMs = 500

const isReplica = (url: string): Promise<boolean> =>
  withConnection(
    url,
    async client => {
      const { rows } = await client.query<{ replica: boolean }>('select pg_is_in_recovery() as replica')
      return rows[0]?.replica !== false
    },
    probeMs,
  )

/** Address of the server that takes writes now, as `target_session_attrs=read-write` finds it. Waits for one. */
export const findWriter = async (servers: readonly string[]): Promise<string> => {
  for (;;) {
    for (const url of servers) if (!(await isReplica(url).catch(() => true))) return url
    await sleep(10)
  }
}

/** The others, however many of them answer. */
export const findReaders = async (servers: readonly string[]): Promise<readonly string[]> => {
  const writer = await findWriter(servers)
  return servers.filter(url => url !== writer)
}

/** Both replicas are there, and commits wait for one of them. */
export const isWhole = async (servers: readonly string[]): Promise<boolean> =>
  withConnection(await findWriter(servers), async client => {
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_replication where state = 'streaming' and sync_state = 'quorum'`,
    )
    return rows[0]?.n === 2
  }).catch(() => false)
