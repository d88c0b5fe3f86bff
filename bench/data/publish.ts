import { machineName } from '../support/report.ts'
import { writeSection } from '../support/write-section.ts'
import type { CaseResult } from './result.ts'

const page = new URL('../../docs/benchmarks.md', import.meta.url)

const tableOf = ({ title, rows, skipped }: CaseResult): string => {
  if (skipped !== undefined) return `**${title}**: not measured, ${skipped}.`
  const heads = Object.keys(rows[0] ?? {})
  const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |`
  return [
    `**${title}**`,
    '',
    line(heads),
    line(heads.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(row => line(heads.map(head => row[head]))),
  ].join('\n')
}

/** Puts the figures into docs/benchmarks.md. */
export const publish = (results: readonly CaseResult[]): Promise<void> =>
  writeSection(page, 'bench:data', '## The data layer: `npm run bench:data`', [
    `${new Date().toISOString().slice(0, 10)}, ${machineName()}. Medians; what is compared takes turns in one run, and gives the same answers.`,
    [
      '| bar | value | must be |',
      '| --- | ---: | ---: |',
      ...results
        .flatMap(({ bars }) => bars)
        .map(
          ({ bar, value, unit, least, moreIsBetter = false }) =>
            `| ${bar} | ${value.toPrecision(3)} ${unit} | ${moreIsBetter ? '>=' : '<='} ${least} ${unit} |`,
        ),
    ].join('\n'),
    ...results.map(tableOf),
  ])
