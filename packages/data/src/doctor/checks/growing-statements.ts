import type { Check, Finding } from '../check.ts'
import { describeStatement, issuerOf, topStatements } from '../statements.ts'

const name = 'growing-statement'

/** Statements that take longer since the last snapshot than they took before it. */
export const growingStatements: Check = {
  name,
  run: async (connection, { thresholds, before }) => {
    if (before === null) return []
    const statements = await topStatements(connection, thresholds.top)
    return statements.flatMap((statement): Finding[] => {
      const then = before.statements[statement.id]
      // Fewer calls than before: the statistics were reset meanwhile.
      if (then === undefined || then.calls < thresholds.minCalls || statement.calls < then.calls) return []
      const calls = statement.calls - then.calls
      if (calls < thresholds.minCalls) return []
      const thenMs = then.totalMs / then.calls
      const nowMs = (statement.totalMs - then.totalMs) / calls
      if (nowMs < thresholds.growingMs || nowMs < thenMs * thresholds.growth) return []
      const issuer = issuerOf(statement.query)
      return [
        {
          check: name,
          severity: 'warning',
          object: statement.id,
          evidence: `${describeStatement(statement)}: mean ${nowMs.toFixed(1)} ms over the last ${calls} calls, ${thenMs.toFixed(1)} ms until ${before.takenAt}`,
          cost: `${(nowMs / Math.max(thenMs, 0.01)).toFixed(1)} times as long a call`,
          codeChange: `See what its data or its plan grew by${issuer === '' ? '' : `: ${issuer}`}.`,
          isSafe: false,
        },
      ]
    })
  },
}
