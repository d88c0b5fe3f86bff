import type { Check, Finding } from '../check.ts'
import { describeStatement, hasStatements, issuerOf, topStatements } from '../statements.ts'

const name = 'slow-statement'

const noStatistics: Finding = {
  check: name,
  severity: 'warning',
  object: 'pg_stat_statements',
  evidence: 'pg_stat_statements is not loaded, or its extension is not created in this database',
  cost: 'slow, growing and index-less statements cannot be seen',
  sql: ['create extension if not exists pg_stat_statements'],
  codeChange: 'The server needs shared_preload_libraries = pg_stat_statements and a restart.',
  isSafe: false,
}

/** Statements with a high mean, or that take much of all the time. */
export const slowStatements: Check = {
  name,
  run: async (connection, { thresholds }) => {
    if (!(await hasStatements(connection))) return [noStatistics]
    const statements = await topStatements(connection, thresholds.top)
    return statements
      .filter(
        ({ meanMs, share, calls }) =>
          // What ran once, an import or a migration, is over.
          (meanMs >= thresholds.slowMs && calls > 1) ||
          (share >= thresholds.slowShare && calls >= thresholds.minCalls && meanMs >= thresholds.growingMs),
      )
      .map(statement => {
        const { id, calls, meanMs, deviationMs, maxMs, share, rows } = statement
        const issuer = issuerOf(statement.query)
        return {
          check: name,
          severity: meanMs >= thresholds.slowMs ? 'critical' : 'warning',
          object: id,
          // Mean and two deviations: about 95 % of the calls are below.
          evidence: `${describeStatement(statement)}: mean ${meanMs.toFixed(1)} ms, most below ${(meanMs + 2 * deviationMs).toFixed(1)} ms, longest ${maxMs.toFixed(0)} ms, ${Math.round(rows / calls)} rows a call`,
          cost: `${calls} calls, ${Math.round(share * 100)} % of all time in this database`,
          codeChange:
            issuer === ''
              ? 'Nothing says who issues it: run it through a Database of @marquee/data.'
              : `Look at ${issuer}.`,
          isSafe: false,
        } as const
      })
  },
}
