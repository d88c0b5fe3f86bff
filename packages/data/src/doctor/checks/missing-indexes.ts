import { bigScans, type BigScan } from '../big-scans.ts'
import type { Check, Finding } from '../check.ts'
import { describeStatement, topStatements, type StatementFacts } from '../statements.ts'

const name = 'missing-index'

const rounded = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms.toFixed(0))

const findingOf = (scan: BigScan, statements: readonly StatementFacts[]): Finding => {
  const totalMs = statements.reduce((sum, { totalMs: one }) => sum + one, 0)
  const calls = statements.reduce((sum, { calls: one }) => sum + one, 0)
  return {
    check: name,
    severity: 'critical',
    object: `${scan.table}: ${scan.sql?.[0] ?? statements[0]?.id}`,
    evidence: `the plan of ${statements.map(describeStatement).join('; and of ')} reads all of ${scan.table} (about ${scan.rows} rows)`,
    cost: `${rounded(totalMs / Math.max(calls, 1))} ms a call, ${calls} calls, ${rounded(totalMs / 1000)} s in all`,
    ...(scan.sql === null
      ? {
          codeChange:
            'No single B-tree index serves this condition: ask for fewer rows, split alternatives into a union, or use an index of another kind (pg_trgm for LIKE).',
        }
      : { sql: scan.sql }),
    isSafe:
      scan.sql !== null && !scan.sql.some(sql => /^create index (?!concurrently|if not exists)/.test(sql)),
  }
}

/** Plans of the top statements that read a big table from end to end, and the index that would spare it. */
export const missingIndexes: Check = {
  name,
  run: async (connection, { thresholds: { top, bigTableRows } }) => {
    const found = new Map<string, { scan: BigScan; statements: StatementFacts[] }>()
    for (const statement of await topStatements(connection, top)) {
      for (const scan of (await bigScans(connection, statement.query, bigTableRows)) ?? []) {
        const key = scan.sql?.join(';') ?? `${scan.table} ${statement.id}`
        const known = found.get(key)
        if (known === undefined) found.set(key, { scan, statements: [statement] })
        else known.statements.push(statement)
      }
    }
    return [...found.values()].map(({ scan, statements }) => findingOf(scan, statements))
  },
}
