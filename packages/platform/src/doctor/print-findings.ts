import type { PlacedFinding } from '@marquee/data/doctor'

const placeOf = ({ database, server }: PlacedFinding): string => `${database} on ${server}`

/** One finding, for people. */
export const printFinding = (finding: PlacedFinding): string => {
  const { severity, check, object, evidence, cost, sql = [], codeChange, isSafe } = finding
  const [first = '', ...more] = sql
  return [
    `  ${severity.padEnd(8)}  ${check}  ${object.split(': ', 1)[0]}`,
    `            ${evidence}`,
    `      cost  ${cost}`,
    ...(sql.length === 0 ? [] : [`       sql  ${first};`, ...more.map(one => `            ${one};`)]),
    ...(codeChange === undefined ? [] : [`      mend  ${codeChange}`]),
    ...(isSafe && sql.length > 0 ? ['            safe: --apply runs it'] : []),
  ].join('\n')
}

const counted = (count: number): string => `${count} ${count === 1 ? 'finding' : 'findings'}`

/** A whole report, for people. @param databases  all that were looked at */
export const printFindings = (findings: readonly PlacedFinding[], databases: readonly string[]): string => {
  const places = Map.groupBy(findings, placeOf)
  const well = databases.filter(name => !findings.some(({ database }) => database === name))
  return [
    ...[...places].flatMap(([place, ones]) => [
      `${place}: ${counted(ones.length)}`,
      '',
      ...ones.flatMap(one => [printFinding(one), '']),
    ]),
    ...(well.length === 0 ? [] : [`${well.join(', ')}: nothing to mend`]),
  ].join('\n')
}
