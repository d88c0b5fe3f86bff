import { setTimeout as sleep } from 'node:timers/promises'
import { findReaders, withConnection } from './find-writer.ts'

const delaysMs = [0, 20, 100, 300, 800, 1200, 2000]
const restMs = 1500

const ask = (url: string, ...statements: readonly string[]): Promise<void> =>
  withConnection(url, async client => {
    for (const statement of statements) await client.query(statement)
  })

const delayed = (url: string, ms: number): Promise<void> =>
  ask(url, `alter system set recovery_min_apply_delay = '${ms}ms'`, 'select pg_reload_conf()')

const anyOf = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T

const freed = (url: string): Promise<void> =>
  ask(
    url,
    'select pg_wal_replay_resume()',
    'alter system reset recovery_min_apply_delay',
    'select pg_reload_conf()',
  )

/** Makes each replica lag by up to 2 s, each by its own and never for long alike; at times one replays nothing at all. */
export const lagReplicas = async (
  servers: readonly string[],
): Promise<Readonly<{ stop: () => Promise<void> }>> => {
  const readers = await findReaders(servers)
  const stopping = new AbortController()
  const change = async (url: string): Promise<void> => {
    await delayed(url, anyOf(delaysMs))
    const isPaused = Math.random() < 0.2
    if (isPaused) await ask(url, 'select pg_wal_replay_pause()')
    await sleep(restMs * (0.5 + Math.random()), undefined, { signal: stopping.signal }).catch(() => undefined)
    if (isPaused) await ask(url, 'select pg_wal_replay_resume()')
  }
  const done = Promise.all(
    readers.map(async url => {
      while (!stopping.signal.aborted) await change(url)
      await freed(url)
    }),
  )
  done.catch(() => undefined)
  return {
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}
