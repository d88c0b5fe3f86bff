import { setTimeout as after } from 'node:timers/promises'
import type { Finding } from './check.ts'
import type { DoctorConnection } from './connection.ts'
import { quoteName } from './quote.ts'

export type Applied = Readonly<{ finding: Finding; ok: boolean; detail: string }>

type Options = Readonly<{ attempts?: number; pauseMs?: number }>

// SQLSTATE: lock_not_available, deadlock_detected. Others may hold what we want; they will let go.
const passing = new Set(['55P03', '40P01'])

const name = String.raw`"(?:[^"]|"")+"|\w+`
const concurrent = new RegExp(`^create index concurrently (${name}) on (?:(${name})\\.)?(?:${name}) `)

const bare = (quoted: string): string =>
  quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted

/** The index that a statement is to build, when there is one of its name already: a whole one, or a leftover. */
const existing = async (connection: DoctorConnection, sql: string) => {
  const [, index, schema = 'public'] = concurrent.exec(sql) ?? []
  if (index === undefined) return undefined
  const [row] = await connection.rows<{ isValid: boolean }>(
    `select i.indisvalid as "isValid" from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_namespace n on n.oid = c.relnamespace where c.relname = $1 and n.nspname = $2`,
    [bare(index), bare(schema)],
  )
  return row === undefined ? undefined : { ...row, sqlName: `${quoteName(bare(schema))}.${index}` }
}

/** Runs one statement. A building of an index that fails leaves an invalid one behind: it goes before the next try. */
const runOne = async (connection: DoctorConnection, sql: string): Promise<void> => {
  const there = await existing(connection, sql)
  if (there?.isValid === true) return
  if (there !== undefined) await connection.rows(`drop index concurrently ${there.sqlName}`)
  await connection.rows(sql)
}

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
        await withRetry(() => runOne(connection, sql), options)
      }
      applied.push({ finding, ok: true, detail: `${((performance.now() - startedMs) / 1000).toFixed(1)} s` })
    } catch (error) {
      applied.push({ finding, ok: false, detail: (error as Error).message })
    }
  }
  return applied
}
