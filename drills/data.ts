import { benchOptions, report, type Bar } from '../bench/support/report.ts'
import { killWriter } from './data/kill-writer.ts'
import { readerOutage } from './data/reader-outage.ts'
import { staleReads } from './data/stale-reads.ts'
import { tornGraphs } from './data/torn-graphs.ts'
import { publishCounts } from './support/publish-counts.ts'
import { shareText, type Count } from './support/count.ts'
import { runPlatform } from './support/run-platform.ts'

// The data layer under faults, over real servers: the platform with two replicas, asked as clients ask it.

// The torn one is the last: it leaves reviews by nobody, which others could not read.
const shared = { outage: readerOutage, stale: staleReads, torn: tornGraphs } as const
const names = ['writer', ...Object.keys(shared)]

const options = benchOptions(
  'data',
  'The data layer under faults: lost writes, stale reads, torn graphs, errors that clients see.',
  {
    only: { type: 'string', about: `only these (${names.join(',')})` },
    write: { type: 'boolean', about: 'put the counts into docs/data.md' },
  },
  'drill',
)

const { only } = options.own
const chosen = typeof only === 'string' ? only.split(',') : names
const unknown = chosen.find(name => !names.includes(name))
if (unknown !== undefined) {
  console.error(`There is no drill "${unknown}", only ${names.join(', ')}.`)
  process.exit(2)
}

const bars: Bar[] = []
const counts: Count[] = []

if (chosen.includes('writer')) bars.push(...(await killWriter(options.quick)))
const drills = Object.entries(shared).filter(([name]) => chosen.includes(name))
if (drills.length > 0) {
  const platform = await runPlatform(['--replicas', '2'])
  try {
    for (const [name, drill] of drills) {
      console.log(`${name} ...`)
      const result = await drill(platform, options.quick)
      for (const { what, marquee, builtIn } of result.counts)
        console.log(`${what}: Marquee ${shareText(marquee)}, built-in replicas ${shareText(builtIn)}`)
      bars.push(...result.bars)
      counts.push(...result.counts)
    }
  } finally {
    await platform.stop()
  }
  console.table(
    counts.map(({ what, marquee, builtIn, note }) => ({
      what,
      Marquee: shareText(marquee),
      'built-in replicas': shareText(builtIn),
      note,
    })),
  )
}
if (options.own['write'] === true) await publishCounts(bars, counts)
await report('data', bars, options)
