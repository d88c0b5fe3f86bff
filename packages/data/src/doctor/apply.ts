import { setTimeout as after } from 'node:timers/promises'
import type { Finding } from './check.ts'
import type { DoctorConnection } from './connection.ts'
import { runRepeatable } from '../migrations/concurrent-index.ts'

export type Applied = Readonly<{ finding: Finding; ok: boolean; detail: string }>

type Options = Readonly<{ attempts?: number; pauseMs?: number }>

// SQLSTATE: lock_not_available, deadlock_detected. Others may hold what we want; they will let go.
const passing = new Set(['55P03', '40P01'])

const withRetry = async (
  work: () => Promise<void>,
  { attempts = 5, pauseMs = 1000 }: Options,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work()
      return
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (attempt >= attempts || typeof code !== 'string' || !passing.has(code)) throw error
      await after(pauseMs * attempt)
    }
  }
}

/**
 * Runs the SQL of the findings that are safe, each statement alone and with retries while locks are held. Drops
 * nothing but what a failed attempt of its own left behind. A finding that fails takes nothing from the next.
 * @param connection  opened to `mend`
 */
export const applyFindings = async (
  connection: DoctorConnection,
  findings: readonly Finding[],
  options: Options & Readonly<{ onStatement?: (sql: string) => void }> = {},
): Promise<readonly Applied[]> => {
  const applied: Applied[] = []
  for (const finding of findings) {
    if (!finding.isSafe || finding.sql === undefined) continue
    const startedMs = performance.now()
    try {
      for (const sql of finding.sql) {
        options.onStatement?.(sql)
        await withRetry(() => runRepeatable(connection.rows, sql), options)
      }
      applied.push({ finding, ok: true, detail: `${((performance.now() - startedMs) / 1000).toFixed(1)} s` })
    } catch (error) {
      applied.push({ finding, ok: false, detail: (error as Error).message })
    }
  }
  return applied
}
