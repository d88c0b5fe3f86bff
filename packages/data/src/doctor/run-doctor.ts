import type { Check, DoctorSettings, Finding, Severity } from './check.ts'
import type { DoctorConnection } from './connection.ts'
import { bloatedIndexes } from './checks/bloated-indexes.ts'
import { connectionPressure } from './checks/connection-pressure.ts'
import { duplicateIndexes } from './checks/duplicate-indexes.ts'
import { growingStatements } from './checks/growing-statements.ts'
import { idleTransactions } from './checks/idle-transactions.ts'
import { invalidIndexes } from './checks/invalid-indexes.ts'
import { missingIndexes } from './checks/missing-indexes.ts'
import { partitionsAhead } from './checks/partitions-ahead.ts'
import { replicaLag } from './checks/replica-lag.ts'
import { sequencesNearEnd } from './checks/sequences-near-end.ts'
import { sequentialScans } from './checks/sequential-scans.ts'
import { slowStatements } from './checks/slow-statements.ts'
import { staleStatistics } from './checks/stale-statistics.ts'
import { unindexedForeignKeys } from './checks/unindexed-foreign-keys.ts'
import { unusedIndexes } from './checks/unused-indexes.ts'

/** Everything that is looked at, in the order of the report. */
const allChecks: readonly Check[] = Object.freeze([
  missingIndexes,
  slowStatements,
  growingStatements,
  sequentialScans,
  unindexedForeignKeys,
  invalidIndexes,
  duplicateIndexes,
  unusedIndexes,
  bloatedIndexes,
  staleStatistics,
  idleTransactions,
  connectionPressure,
  replicaLag,
  partitionsAhead,
  sequencesNearEnd,
])

const rank: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 }

/** A check that could not be made: it takes nothing from the others. */
const failed = (check: string, error: unknown): Finding => ({
  check,
  severity: 'warning',
  object: 'the check itself',
  evidence: `it could not be made: ${(error as Error).message}`,
  cost: 'nothing is known of what it looks for',
  codeChange: 'Often a right is missing: `grant pg_monitor to` the user that connects.',
  isSafe: false,
})

/**
 * Runs the checks on one server, one after the other. Changes nothing.
 * @returns findings, the gravest first
 * @throws DATABASE_UNAVAILABLE when the server goes away
 */
export const runDoctor = async (
  connection: DoctorConnection,
  settings: DoctorSettings,
  checks: readonly Check[] = allChecks,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for (const { name, run } of checks) {
    try {
      findings.push(...(await run(connection, settings)))
    } catch (error) {
      if (!('severity' in (error as object))) throw error
      findings.push(failed(name, error))
    }
  }
  return Object.freeze(
    findings
      .toSorted((one, other) => rank[one.severity] - rank[other.severity])
      .map(one => Object.freeze(one)),
  )
}
