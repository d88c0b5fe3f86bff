import type { DoctorConnection } from './connection.ts'
import type { Snapshot } from './snapshot.ts'
import type { Thresholds } from './thresholds.ts'

export type Severity = 'critical' | 'warning' | 'info'

/** One thing that is wrong with a database. Plain data: printed, logged, compared between runs. */
export type Finding = Readonly<{
  /** Name of the check. */
  check: string
  severity: Severity
  /** What it is about: a table, an index, a statement's id. With check, it says whether two findings are the same. */
  object: string
  /** What was seen, with figures. Never holds values of rows or of clients. */
  evidence: string
  /** What it costs to leave it so. */
  cost: string
  /** What mends it, statement by statement. */
  sql?: readonly string[]
  /** What mends it in the code, where SQL cannot. */
  codeChange?: string
  /** True when `--apply` may run `sql`: nothing is dropped, and no reader or writer is kept waiting. */
  isSafe: boolean
}>

export type DoctorSettings = Readonly<{
  thresholds: Thresholds
  /** What the last run saw; null for the first. */
  before: Snapshot | null
}>

export type Check = Readonly<{
  name: string
  run: (connection: DoctorConnection, settings: DoctorSettings) => Promise<readonly Finding[]>
}>
