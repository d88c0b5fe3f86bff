import { machineName, type Bar } from '../../bench/support/report.ts'
import { writeSection } from '../../bench/support/write-section.ts'
import { shareText, type Count } from './count.ts'

const page = new URL('../../docs/data.md', import.meta.url)

/** Puts what was counted into docs/data.md. */
export const publishCounts = (bars: readonly Bar[], counts: readonly Count[]): Promise<void> =>
  writeSection(page, 'drill:data', '## What was drilled: `npm run drill:data`', [
    `${new Date().toISOString().slice(0, 10)}, ${machineName()}, by the public API of a platform with two replicas. Beside it
      MikroORM with its own \`replicas\` on the same servers at the same time.`.replaceAll(/\n +/g, '\n'),
    [
      '| wrong | Marquee | built-in `replicas` | what was done |',
      '| --- | ---: | ---: | --- |',
      ...counts.map(
        ({ what, marquee, builtIn, note }) =>
          `| ${what} | ${shareText(marquee)} | ${shareText(builtIn)} | ${note} |`,
      ),
    ].join('\n'),
    [
      '| bar | value | at most |',
      '| --- | ---: | ---: |',
      ...bars.map(({ bar, value, unit, least }) => `| ${bar} | ${value} | ${least} ${unit} |`),
    ].join('\n'),
  ])
