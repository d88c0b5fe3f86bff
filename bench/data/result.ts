import type { Bar } from '../support/report.ts'

/** What one case found: its bars, and a table for people. */
export type CaseResult = Readonly<{
  bars: readonly Bar[]
  title: string
  rows: readonly Readonly<Record<string, string | number>>[]
  /** Why it was not measured, where this machine does not allow it. */
  skipped?: string
}>

/** Runs both in turn, in each round the other one first. @returns what each gave, round by round */
export const interleave = async <T>(
  rounds: number,
  one: () => Promise<T>,
  other: () => Promise<T>,
): Promise<readonly Readonly<{ one: T; other: T }>[]> => {
  const results: { one: T; other: T }[] = []
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await one()
      results.push({ one: first, other: await other() })
    } else {
      const first = await other()
      results.push({ one: await one(), other: first })
    }
  }
  return results
}
