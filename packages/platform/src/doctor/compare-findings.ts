import type { PlacedFinding } from '@marquee/data/doctor'

export type Changes = Readonly<{
  /** New, or graver or milder than before. */
  appeared: readonly PlacedFinding[]
  /** Found before, and not any more. */
  gone: readonly PlacedFinding[]
}>

// Not the evidence: its figures differ at each look.
const placeOf = ({ database, server, check, object }: PlacedFinding): string =>
  JSON.stringify([database, server, check, object])

const keyOf = (finding: PlacedFinding): string => placeOf(finding) + finding.severity

/** What to tell of a run when the one before has been told already. */
export const compareFindings = (before: readonly PlacedFinding[], now: readonly PlacedFinding[]): Changes => {
  const known = new Set(before.map(keyOf))
  const there = new Set(now.map(placeOf))
  return Object.freeze({
    appeared: now.filter(finding => !known.has(keyOf(finding))),
    gone: before.filter(finding => !there.has(placeOf(finding))),
  })
}
