import { tagsOf, upkeepMark } from '../statement-tags.ts'
import type { DoctorConnection } from './connection.ts'

/** What pg_stat_statements knows of one statement. */
export type StatementFacts = Readonly<{
  id: string
  /** Normalised: constants are parameters. */
  query: string
  calls: number
  totalMs: number
  meanMs: number
  maxMs: number
  deviationMs: number
  rows: number
  /** Of all time that the database spent in statements, 0 to 1. */
  share: number
}>

/** True when the database keeps statistics of statements. */
export const hasStatements = async (connection: DoctorConnection): Promise<boolean> => {
  const [row] = await connection.rows<{ there: boolean }>(
    `select current_setting('shared_preload_libraries') like '%pg_stat_statements%'
            and exists (select from pg_extension where extname = 'pg_stat_statements') as there`,
  )
  return row?.there === true
}

/** The statements of this database that took the most time in all: reads and writes, but no upkeep. */
export const topStatements = async (
  connection: DoctorConnection,
  limit: number,
): Promise<readonly StatementFacts[]> => {
  if (!(await hasStatements(connection))) return []
  return connection.rows<StatementFacts>(
    `select * from (
       select queryid::text as id, min(query) as query, sum(calls)::bigint as calls, sum(total_exec_time) as "totalMs",
              sum(total_exec_time) / sum(calls) as "meanMs", max(max_exec_time) as "maxMs",
              max(stddev_exec_time) as "deviationMs", sum(rows)::bigint as rows,
              sum(total_exec_time) / nullif(sum(sum(total_exec_time)) over (), 0) as share
         from pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database()) and toplevel and calls > 0
          and query ~* '^\\s*(select|insert|update|delete|merge|with|\\()' and position($2 in query) = 0
        group by queryid) each
      order by "totalMs" desc limit $1`,
    [limit, upkeepMark],
  )
}

/** Who issues a statement, in words; empty when it has no tags. */
export const issuerOf = (query: string): string => {
  const { field, loader } = tagsOf(query)
  if (field === undefined && loader === undefined) return ''
  if (loader === undefined) return `field ${field}`
  return field === undefined ? `loader ${loader}` : `loader ${loader}, field ${field}`
}

/** A statement in one short line. Literals do not occur in it. */
export const shortText = (query: string): string => {
  const line = query
    .replaceAll(/\/\*.*?\*\//gs, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}

/** How a finding names a statement: by who issues it, else by its text. */
export const describeStatement = (statement: StatementFacts): string => {
  const issuer = issuerOf(statement.query)
  return issuer === '' ? shortText(statement.query) : `${issuer}: ${shortText(statement.query)}`
}
