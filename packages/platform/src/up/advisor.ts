import { setTimeout as after } from 'node:timers/promises'
import type { PlacedFinding } from '@marquee/data/doctor'
import { compareFindings } from '../doctor/compare-findings.ts'
import { runCommand } from './cli-events.ts'
import type { Report } from './events.ts'

export type Advisor = Readonly<{
  /** 0 never looks. */
  everyMinutes: number
  /** With the topology in it. */
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  report: Report
}>

/** One look, in a process of its own: the supervisor stays small. */
const look = async ({ env, signal }: Advisor): Promise<readonly PlacedFinding[]> => {
  let findings: readonly PlacedFinding[] = []
  await runCommand(['db', 'doctor', '--fail-on', 'never'], env, signal, event => {
    if (event.event === 'doctor') findings = event['findings'] as readonly PlacedFinding[]
  })
  return findings
}

/**
 * Runs the doctor every so often, and reports what it finds: each finding once, until it changes or is gone.
 * @returns what settles, never rejecting, when it has ended
 */
export const startAdvisor = async (advisor: Advisor): Promise<void> => {
  const { everyMinutes, signal, report } = advisor
  if (everyMinutes === 0) return
  let before: readonly PlacedFinding[] = []
  let complaint = ''
  for (;;) {
    await after(everyMinutes * 60_000, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    try {
      const findings = await look(advisor)
      if (signal.aborted) return
      const { appeared, gone } = compareFindings(before, findings)
      before = findings
      complaint = ''
      for (const finding of appeared) report({ event: 'finding', ...finding })
      for (const { database, server, check, object } of gone) {
        report({ event: 'mended', database, server, check, object })
      }
    } catch (error) {
      const message = `The doctor could not look at the databases: ${(error as Error).message}`
      if (message !== complaint && !signal.aborted) report({ event: 'warning', message })
      complaint = message
    }
  }
}
