import { titleOf } from './lab.ts'
import type { Case } from './cases.ts'
import type { Figures } from './measure-case.ts'

/** The columns of a case's table, each with what it shows of a subject that was measured. */
const columns = [
  ['requests/s', one => one.requestsPerSecond.toFixed(0)],
  ['CPU ms/request', one => one.cpuMs.toFixed(3)],
  ['p50 ms', one => one.p50.toFixed(1)],
  ['p99 ms', one => one.p99.toFixed(1)],
  ['RSS MB', one => one.rssMb.toFixed(0)],
  ['subgraph requests/operation', one => one.perOperation.toFixed(2)],
] as const satisfies readonly (readonly [string, (one: Exclude<Figures, { problem: string }>) => string])[]

/** One row for each subject. */
export const rowsOf = async (
  figures: readonly Figures[],
): Promise<readonly Readonly<Record<string, string>>[]> =>
  Promise.all(
    figures.map(async one => {
      const subject = await titleOf(one.subject)
      if ('problem' in one) return { subject, 'not measured': one.problem.split('\n')[0] ?? '' }
      return { subject, ...Object.fromEntries(columns.map(([name, show]) => [name, show(one)])) }
    }),
  )

/** The same as Markdown. */
export const markdownOf = async ({ name }: Case, figures: readonly Figures[]): Promise<string> => {
  const rows = await rowsOf(figures)
  const heads = ['subject', ...columns.map(([head]) => head)]
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const body = rows.map(row =>
    line(
      heads.map(head => row[head] ?? (head === 'requests/s' ? `not measured: ${row['not measured']}` : '')),
    ),
  )
  const rule = line(heads.map((_, index) => (index === 0 ? '---' : '---:')))
  return [`**${name}**`, '', line(heads), rule, ...body].join('\n')
}
