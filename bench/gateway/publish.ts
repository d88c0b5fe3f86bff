import { writeFile } from 'node:fs/promises'
import { chart, type ChartGroup } from '../support/chart.ts'
import { machineName, type Bar } from '../support/report.ts'
import { writeSection } from '../support/write-section.ts'
import type { Results } from './bars.ts'
import type { Case } from './cases.ts'
import { titleOf } from './lab.ts'
import { markdownOf } from './tables.ts'

const page = new URL('../../docs/benchmarks.md', import.meta.url)
const picture = new URL('../../docs/gateway-benchmark.svg', import.meta.url)

const remarks = `What is not equal between the subjects:

- Marquee, Grafbase and Hive limit what may be asked by default; Apollo and Mercurius do not.
- Marquee and Grafbase share equal queries in flight, which helps when all requests are alike and not otherwise: Marquee
  is shown without as well. Only Marquee lets fetches of different requests travel together.
- Marquee writes no request log here (\`logLevel: error\`) and keeps its metrics on; the others run as their
  documentation starts them, with \`NODE_ENV=production\`, usage reporting off and the JIT where they have one.
- Grafbase is a native program, run by \`grafbase dev\`, which is what npm carries. All others run on Node.js.
- A floor is bare Node.js making the requests that a gateway was seen to make, with Marquee's HTTP client, each answer
  parsed and the final one written; no GraphQL.
- Planning runs unpinned on both cores, so that what is measured is the event loop and not the scheduler.`

const groupsOf = (cases: readonly Case[], results: Results): Promise<ChartGroup[]> =>
  Promise.all(
    cases.map(async one => ({
      title: one.name,
      bars: await Promise.all(
        (results.get(one.id) ?? []).flatMap(figures =>
          'problem' in figures
            ? []
            : [
                titleOf(figures.subject).then(label => ({
                  label,
                  value: figures.cpuMs,
                  isOurs: label.startsWith('Marquee'),
                })),
              ],
        ),
      ),
    })),
  )

const barTable = (bars: readonly Bar[]): string =>
  [
    '| bar | value | must be | aim |',
    '| --- | ---: | ---: | ---: |',
    ...bars.map(({ bar, value, unit, least, aim, moreIsBetter = false }) => {
      const shown = Number.isNaN(value) ? 'not measured' : `${value.toPrecision(3)} ${unit}`
      return `| ${bar} | ${shown} | ${moreIsBetter ? '>=' : '<='} ${least} ${unit} | ${aim} ${unit} |`
    }),
  ].join('\n')

/** Puts the figures into docs/benchmarks.md and draws the chart. */
export const publish = async (
  cases: readonly Case[],
  results: Results,
  bars: readonly Bar[],
): Promise<void> => {
  const tables = await Promise.all(cases.map(one => markdownOf(one, results.get(one.id) ?? [])))
  const groups = await groupsOf(cases, results)
  await writeSection(page, 'bench:gateway', '## The gateway: `npm run bench:gateway`', [
    `${new Date().toISOString().slice(0, 10)}, ${machineName()}.`,
    '![CPU per request](gateway-benchmark.svg)',
    barTable(bars),
    ...tables,
    remarks,
  ])
  await writeFile(
    picture,
    chart(
      'CPU of the gateway per request, ms (less is better)',
      groups.filter(group => group.bars.length > 0),
    ),
  )
}
