import type { PlacedFinding } from '@marquee/data/doctor'

export type Changes = Readonly<{
  appeared: readonly PlacedFinding[]
  /** Found before, and not any more. */
  gone: readonly PlacedFinding[]
}>

// Not the evidence: its figures differ at each look.
const keyOf = ({ database, server, check, object, severity }: PlacedFinding): string =>
  JSON.stringify([database, server, check, object, severity])

/** What to tell of a run when the one before has been told already. */
export const compareFindings = (before: readonly PlacedFinding[], now: readonly PlacedFinding[]): Changes => {
  const known = new Set(before.map(keyOf))
  const there = new Set(now.map(keyOf))
  return Object.freeze({
    appeared: now.filter(finding => !known.has(keyOf(finding))),
    gone: before.filter(finding => !there.has(keyOf(finding))),
  })
}
