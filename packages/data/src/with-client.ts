import pg from 'pg'

/** Does something over one connection, and closes it. Any wait for the server is bounded by `timeoutMs`; 0: none is. */
export const withClient = async <T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  timeoutMs = 10_000,
  more: Pick<pg.ClientConfig, 'stream'> = {},
): Promise<T> => {
  const client = new pg.Client({
    ...more,
    connectionString: url,
    connectionTimeoutMillis: timeoutMs === 0 ? 10_000 : timeoutMs,
    ...(timeoutMs === 0 ? {} : { query_timeout: timeoutMs }),
    application_name: 'marquee-tool',
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    // A server that hangs does not take leave of us either.
    void client.end().catch(() => undefined)
  }
}
