import { childPages } from './data/child-pages.ts'
import { entitiesOverShards } from './data/entities-over-shards.ts'
import { openFilms } from './data/films.ts'
import { publish } from './data/publish.ts'
import { readerThroughput } from './data/reader-throughput.ts'
import type { CaseResult } from './data/result.ts'
import { routingCost } from './data/routing-cost.ts'
import { benchOptions, report } from './support/report.ts'

// What the data layer costs and is worth, beside MikroORM by itself, on real servers of its own.

const onFilms = { routing: routingCost, pages: childPages } as const
const names = ['readers', 'shards', ...Object.keys(onFilms)]

const options = benchOptions(
  'data',
  'The data layer beside MikroORM by itself: what readers are worth, what routing and shards cost, pages of children.',
  {
    cases: { type: 'string', about: `only these (${names.join(',')})` },
    write: { type: 'boolean', about: 'put the figures into docs/benchmarks.md' },
  },
)

const { cases } = options.own
const chosen = typeof cases === 'string' ? cases.split(',') : names
const unknown = chosen.find(name => !names.includes(name))
if (unknown !== undefined) {
  console.error(`There is no case "${unknown}", only ${names.join(', ')}.`)
  process.exit(2)
}

const results: CaseResult[] = []
const show = (result: CaseResult): void => {
  results.push(result)
  console.log(`\n${result.title}`)
  if (result.skipped === undefined) console.table(result.rows)
  else console.log(`not measured: ${result.skipped}`)
}

const films = Object.entries(onFilms).filter(([name]) => chosen.includes(name))
if (films.length > 0) {
  const opened = await openFilms()
  try {
    for (const [, measure] of films) show(await measure(opened, options.quick))
  } finally {
    await opened.stop()
  }
}
if (chosen.includes('readers')) show(await readerThroughput(options.quick))
if (chosen.includes('shards')) show(await entitiesOverShards(options.quick))
if (options.own['write'] === true) await publish(results)
await report(
  'data',
  results.flatMap(({ bars }) => bars),
  options,
)
