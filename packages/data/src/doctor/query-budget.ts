import { bigScans } from './big-scans.ts'
import { openDoctorConnection } from './connection.ts'
import { describeStatement, topStatements } from './statements.ts'

/** What one piece of work asked of a database, as the database itself counted. */
export type Budget = Readonly<{
  /** Statements run, transaction control aside. */
  statements: number
  /** Reads of whole big tables: which statement reads which table. */
  scans: readonly string[]
  /** Statements that could not be explained by their text. */
  unknown: readonly string[]
}>

/**
 * For tests that hold operations to a budget: runs `work` and says what it cost the database at `url`. Counts what
 * carries the name of a field, so that heartbeats and other work beside it do not. Forgets the statistics first.
 */
export const queryBudget = async (
  url: string,
  work: () => Promise<unknown>,
  bigTableRows = 10_000,
): Promise<Budget> => {
  const connection = await openDoctorConnection(url, 'mend')
  try {
    await connection.rows(
      'select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)',
    )
    await work()
    const tagged = (await topStatements(connection, 1000)).filter(({ query }) => query.includes(`/*field='`))
    const scans: string[] = []
    const unknown: string[] = []
    for (const statement of tagged) {
      const found = await bigScans(connection, statement.query, bigTableRows)
      if (found === null) unknown.push(describeStatement(statement))
      else scans.push(...found.map(({ table }) => `${table}: ${describeStatement(statement)}`))
    }
    return { statements: tagged.reduce((sum, { calls }) => sum + calls, 0), scans, unknown }
  } finally {
    await connection.close()
  }
}
