import { quoteName } from '../doctor/quote.ts'

type Rows = <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<readonly Row[]>

const name = String.raw`"(?:[^"]|"")+"|\w+`
const concurrent = new RegExp(
  `^\\s*create\\s+(?:unique\\s+)?index\\s+concurrently\\s+(?:if\\s+not\\s+exists\\s+)?(${name})\\s+on\\s+(?:only\\s+)?(?:(${name})\\.)?(?:${name})`,
  'i',
)

const bare = (quoted: string): string =>
  quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted.toLowerCase()

/** The index that a statement is to build, when there is one of its name already: a whole one, or a leftover. */
const existing = async (rows: Rows, sql: string) => {
  const [, index, schema] = concurrent.exec(sql) ?? []
  if (index === undefined) return undefined
  const [row] = await rows<{ isValid: boolean; schema: string }>(
    `select i.indisvalid as "isValid", n.nspname as schema from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_namespace n on n.oid = c.relnamespace
      where c.relname = $1 and n.nspname = coalesce($2, current_schema())`,
    [bare(index), schema === undefined ? null : bare(schema)],
  )
  return row === undefined
    ? undefined
    : { isValid: row.isValid, sqlName: `${quoteName(row.schema)}.${quoteName(bare(index))}` }
}

/**
 * Runs one statement that may be repeated. `create index concurrently` that breaks off leaves an invalid index behind:
 * it is dropped, and built anew. One that is there and valid stays.
 */
export const runRepeatable = async (rows: Rows, sql: string): Promise<void> => {
  const there = await existing(rows, sql)
  if (there?.isValid === true) return
  if (there !== undefined) await rows(`drop index concurrently ${there.sqlName}`)
  await rows(sql)
}
