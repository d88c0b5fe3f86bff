import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'
import type { BoundedPool } from './bounded-pool.ts'

export type Health = Readonly<{ ok: boolean; latencyMs: number; detail?: string }>

const healthTimeoutMs = 1000

const askDirectly = async (pool: BoundedPool): Promise<void> => {
  const client = new pg.Client({ ...pool.clientOptions, connectionTimeoutMillis: healthTimeoutMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end()
  }
}

/** Asks the server, for at most a second. A pool that is fully busy is not an ill server, so that one is gone round. */
export const checkHealth = async (pool: BoundedPool | undefined): Promise<Health> => {
  if (pool === undefined) return { ok: false, latencyMs: 0, detail: 'no writer is known' }
  const startedAt = performance.now()
  const latencyMs = (): number => performance.now() - startedAt
  const stop = new AbortController()
  try {
    await Promise.race([
      pool.isSaturated() ? askDirectly(pool) : pool.ping(),
      after(healthTimeoutMs, undefined, { signal: stop.signal }).then(() => {
        throw new Error(`no answer within ${healthTimeoutMs} ms`)
      }),
    ])
    return { ok: true, latencyMs: latencyMs() }
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Partial<Error> }
    return { ok: false, latencyMs: latencyMs(), detail: cause?.message ?? message }
  } finally {
    stop.abort()
  }
}
