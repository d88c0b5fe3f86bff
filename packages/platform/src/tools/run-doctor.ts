import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { replicaSetsOf, type DataConfig, type PlacedSet } from '@marquee/data'
import {
  applyFindings,
  examine,
  openDoctorConnection,
  type PlacedFinding,
  type Severity,
} from '@marquee/data/doctor'
import { compareFindings } from '../doctor/compare-findings.ts'
import { printFinding, printFindings } from '../doctor/print-findings.ts'
import { keepSnapshot, readSnapshot } from '../doctor/snapshot-file.ts'
import { confirm } from '../terminal/confirm.ts'
import { dataFolder } from '../up/data-folder.ts'
import { findDatabases, type WhereFlags } from './topology.ts'

export type DoctorFlags = WhereFlags &
  Readonly<{
    only?: readonly string[]
    json?: boolean
    /** Seconds between two looks. */
    watch?: number
    apply?: boolean
    yes?: boolean
    failOn: Severity | 'never'
  }>

type Round = Readonly<{ findings: readonly PlacedFinding[]; writers: ReadonlyMap<string, string> }>

const usage = (reason: string): MarqueeError =>
  new MarqueeError('USAGE_INVALID', { reason, command: 'db doctor' })

const wanted = (config: DataConfig, only: readonly string[] = []): readonly PlacedSet[] => {
  const names = Object.keys(config.databases)
  const unknown = only.filter(name => !names.includes(name))
  if (unknown.length > 0)
    throw usage(`there is no database "${unknown.join('", "')}"; there are ${names.join(', ')}`)
  return Object.entries(config.databases)
    .filter(([name]) => only.length === 0 || only.includes(name))
    .flatMap(([name, place]) => replicaSetsOf(name, place))
}

const look = async (config: DataConfig, sets: readonly PlacedSet[], folder: string): Promise<Round> => {
  const findings: PlacedFinding[] = []
  const writers = new Map<string, string>()
  for (const { name: database, ...place } of sets) {
    const before = await readSnapshot(folder, database)
    const urls = [place.writer, ...place.readers]
    const seen = await examine({ database, urls, thresholds: config.doctor, before })
    findings.push(...seen.findings)
    if (seen.writerUrl !== null) writers.set(database, seen.writerUrl)
    if (seen.snapshot !== null)
      await keepSnapshot(folder, database, seen.snapshot, config.doctor.snapshotMinutes)
  }
  return { findings, writers }
}

/** Runs what is safe, each finding on the writer of its database. */
const apply = async ({ findings, writers }: Round, { json, yes }: DoctorFlags): Promise<boolean> => {
  const safe = findings.filter(({ isSafe, sql = [] }) => isSafe && sql.length > 0)
  if (safe.length === 0) return false
  if (json !== true) {
    console.log('To be run:\n')
    for (const { database, sql = [] } of safe)
      console.log(sql.map(one => `  ${database}: ${one};`).join('\n'))
    if (yes !== true && !(await confirm('\nRun them? [y/N] '))) return false
    console.log('')
  }
  for (const [database, ones] of Map.groupBy(safe, ({ database: name }) => name)) {
    const url = writers.get(database)
    if (url === undefined) continue
    const connection = await openDoctorConnection(url, 'mend')
    try {
      for (const { finding, ok, detail } of await applyFindings(connection, ones)) {
        if (json === true)
          console.log(JSON.stringify({ event: 'applied', database, ok, detail, sql: finding.sql }))
        else console.log(`  ${ok ? 'done' : 'FAILED'} (${detail})  ${finding.sql?.[0]}`)
      }
    } finally {
      await connection.close()
    }
  }
  return true
}

const tell = ({ findings }: Round, names: readonly string[], json: boolean): void => {
  if (json)
    console.log(JSON.stringify({ event: 'doctor', ok: findings.length === 0, databases: names, findings }))
  else console.log(printFindings(findings, names))
}

const stopSignal = (): AbortSignal => {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}

/** Looks again and again, and tells what has changed. Ends on a signal. */
const watch = async (
  again: () => Promise<Round>,
  first: Round,
  seconds: number,
  json: boolean,
): Promise<void> => {
  const stop = stopSignal()
  let before = first.findings
  for (;;) {
    await after(seconds * 1000, undefined, { signal: stop }).catch(() => undefined)
    if (stop.aborted) return
    const { findings } = await again()
    const { appeared, gone } = compareFindings(before, findings)
    before = findings
    for (const finding of appeared) {
      console.log(
        json
          ? JSON.stringify({ event: 'finding', ...finding })
          : `${finding.database}:\n${printFinding(finding)}\n`,
      )
    }
    for (const { database, check, object, server } of gone) {
      console.log(
        json
          ? JSON.stringify({ event: 'mended', database, server, check, object })
          : `${database}: no more  ${check}  ${object}\n`,
      )
    }
  }
}

const order: readonly (Severity | 'never')[] = ['never', 'critical', 'warning', 'info']

/**
 * Looks at every database, tells what it finds, mends what is safe when asked to.
 * @returns 1 when there is a finding of the severity `failOn` or graver, else 0
 * @throws NOT_RUNNING, USAGE_INVALID
 */
export const runDbDoctor = async (flags: DoctorFlags): Promise<number> => {
  const json = flags.json === true
  if (flags.apply === true && flags.yes !== true && (json || !process.stdin.isTTY)) {
    throw usage('`--apply` asks before it does anything: where nobody can answer, add `--yes`')
  }
  const where = await findDatabases(flags, process.env, 'db doctor')
  const config = await where.dataConfig()
  const sets = wanted(config, flags.only)
  const names = sets.map(({ name }) => name)
  const again = (): Promise<Round> => look(config, sets, dataFolder(where.folder).doctor)
  let round = await again()
  tell(round, names, json)
  if (flags.apply === true && (await apply(round, flags))) {
    round = await again()
    if (!json) console.log('')
    tell(round, names, json)
  }
  if (flags.watch !== undefined) await watch(again, round, flags.watch, json)
  const gravest = order.indexOf(flags.failOn)
  return round.findings.some(({ severity }) => order.indexOf(severity) <= gravest) ? 1 : 0
}
