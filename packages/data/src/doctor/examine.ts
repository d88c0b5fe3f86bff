import { MarqueeError } from '@marquee/contract'
import type { Check, Finding } from './check.ts'
import { connectionPressure } from './checks/connection-pressure.ts'
import { missingIndexes } from './checks/missing-indexes.ts'
import { replicaLag } from './checks/replica-lag.ts'
import { slowStatements } from './checks/slow-statements.ts'
import { unusedIndexes } from './checks/unused-indexes.ts'
import { openDoctorConnection, type DoctorConnection } from './connection.ts'
import { runDoctor } from './run-doctor.ts'
import { takeSnapshot, type Snapshot } from './snapshot.ts'
import type { Thresholds } from './thresholds.ts'

/** A finding with the place where it was found. */
export type PlacedFinding = Finding & Readonly<{ database: string; server: string }>

export type Examination = Readonly<{
  findings: readonly PlacedFinding[]
  /** Of the writer; null when there is none. */
  snapshot: Snapshot | null
  /** Address of the server that takes writes now, for whoever applies; null when there is none. */
  writerUrl: string | null
}>

type Patient = Readonly<{
  database: string
  /** Every server of the database: which of them is the writer is observed. */
  urls: readonly string[]
  thresholds: Thresholds
  before: Snapshot | null
}>

type Server = Readonly<{ url: string; host: string; connection: DoctorConnection | null; isReplica: boolean }>

/** What a replica sees for itself; all else is the same there, or is asked of the writer. */
const ofReplicas: readonly Check[] = [
  missingIndexes,
  slowStatements,
  connectionPressure,
  replicaLag,
  unusedIndexes,
]

const unreachable: Finding = {
  check: 'unreachable',
  severity: 'critical',
  object: 'this server',
  evidence: 'it cannot be reached, or refuses us',
  cost: 'its reads go to the others; without a writer, writes fail',
  isSafe: false,
}

const openServer = async (url: string): Promise<Server> => {
  const { host } = new URL(url)
  try {
    const connection = await openDoctorConnection(url, 'look')
    const [row] = await connection.rows<{ is: boolean }>('select pg_is_in_recovery() as is')
    return { url, host, connection, isReplica: row?.is === true }
  } catch {
    return { url, host, connection: null, isReplica: true }
  }
}

const look = async (
  server: Server,
  thresholds: Thresholds,
  before: Snapshot | null,
): Promise<readonly Finding[]> => {
  const { connection, isReplica } = server
  if (connection === null) return [unreachable]
  try {
    return isReplica
      ? await runDoctor(connection, { thresholds, before: null }, ofReplicas)
      : await runDoctor(connection, { thresholds, before })
  } catch (error) {
    if (error instanceof MarqueeError && error.code === 'DATABASE_UNAVAILABLE') return [unreachable]
    throw error
  }
}

const snapshotOf = (connection: DoctorConnection | null | undefined): Promise<Snapshot | null> =>
  // A server that goes away meanwhile is a finding of the next run.
  connection == null ? Promise.resolve(null) : takeSnapshot(connection).catch(() => null)

/** An index that some server reads is used: a replica counts only its own reads. */
const usedSomewhere = (finding: PlacedFinding, all: readonly PlacedFinding[], servers: number): boolean =>
  finding.check === 'unused-index' &&
  all.filter(one => one.check === finding.check && one.object === finding.object).length < servers

/**
 * Looks at one database on all of its servers. Changes nothing; a server that cannot be reached is a finding.
 */
export const examine = async ({ database, urls, thresholds, before }: Patient): Promise<Examination> => {
  const servers = await Promise.all([...new Set(urls)].map(openServer))
  const writer = servers.find(({ connection, isReplica }) => connection !== null && !isReplica)
  const findings: PlacedFinding[] = []
  try {
    for (const server of servers) {
      const found = await look(server, thresholds, before)
      findings.push(...found.map(finding => Object.freeze({ ...finding, database, server: server.host })))
    }
    const reached = servers.filter(({ connection }) => connection !== null).length
    const snapshot = await snapshotOf(writer?.connection)
    const kept = findings.filter(
      finding =>
        !usedSomewhere(finding, findings, reached) &&
        (finding.check !== 'unused-index' || finding.server === writer?.host),
    )
    return Object.freeze({ findings: Object.freeze(kept), snapshot, writerUrl: writer?.url ?? null })
  } finally {
    await Promise.all(servers.map(async ({ connection }) => connection?.close()))
  }
}
