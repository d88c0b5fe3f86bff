import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { barsOf, type Extras } from './gateway/bars.ts'
import { cases, type Case } from './gateway/cases.ts'
import { Lab } from './gateway/lab.ts'
import { collectionShare, memoryGrowth, planningStall } from './gateway/long-run.ts'
import { measureCase, type Effort, type Figures } from './gateway/measure-case.ts'
import { heavy } from './gateway/operations.ts'
import { publish } from './gateway/publish.ts'
import { marqueePlanning, marqueeProbed, recordings, subjects } from './gateway/subjects/index.ts'
import { peers } from './gateway/subjects/peers.ts'
import { shopSchemas } from './gateway/subgraphs/schemas.ts'
import { startSubgraphs } from './gateway/subgraphs/start-subgraphs.ts'
import { rowsOf } from './gateway/tables.ts'
import { wideFigures } from './gateway/wide-graph.ts'
import { installPeers } from './support/peers.ts'
import { Processes } from './support/processes.ts'
import { benchOptions, report } from './support/report.ts'
import { ensureWrk } from './support/wrk.ts'

// What one request costs each gateway, over the same subgraphs, under the same load, in one run.

const options = benchOptions(
  'gateway',
  'CPU of one request in Marquee and its peers: a core for the gateway, a core for load and subgraphs.',
  {
    peers: { type: 'string', about: `only these (${peers.map(peer => peer.id).join(',')})` },
    cases: {
      type: 'string',
      about: `only these (${cases(0)
        .map(one => one.id)
        .join(',')}), and no long runs`,
    },
    write: { type: 'boolean', about: 'put the figures into docs/benchmarks.md, and a chart beside it' },
  },
)
const { quick } = options
const namesOf = (value: unknown): readonly string[] | undefined =>
  typeof value === 'string' ? value.split(',').filter(name => name !== '') : undefined
const chosenPeers = namesOf(options.own['peers'])
const chosenCases = namesOf(options.own['cases'])

const effort: Effort = quick
  ? { rounds: 1, warmMs: 500, leadMs: 100, windowMs: 400 }
  : { rounds: 5, warmMs: 5000, leadMs: 500, windowMs: 3000 }
const texts = quick ? 100 : 1000

const isLeftOut = (id: string): boolean =>
  chosenPeers !== undefined && peers.some(peer => peer.id === id) && !chosenPeers.includes(id)

/** Those of a case, in the order of the tables. */
const subjectsOf = ({ judged, shown }: Case): typeof subjects =>
  subjects.filter(({ id }) => !isLeftOut(id) && (judged.includes(id) || (!quick && shown.includes(id))))

/** NaN, and a line that says why, for what cannot be measured: its bar is missed, and the others are not lost. */
const orNaN = async (what: string, measure: () => Promise<number>): Promise<number> => {
  console.log(`${what} ...`)
  return measure().catch((error: Error) => {
    console.error(`  not measured: ${error.message}`)
    return Number.NaN
  })
}

const measureExtras = async (lab: Lab): Promise<Extras> => {
  const collection = await orNaN('garbage collection', () =>
    collectionShare(lab, marqueeProbed, quick ? 1500 : 20_000),
  )
  const growth = await orNaN('memory over a long run', () =>
    memoryGrowth(lab, marqueeProbed, texts, quick ? 5000 : 600_000),
  )
  await lab.stop(marqueeProbed)
  const stall = await orNaN('planning', () => planningStall(lab, marqueePlanning, 200))
  await lab.stop(marqueePlanning)
  let warmOverSmall = Number.NaN
  const readyOverStock = await orNaN('100 subgraphs', async () => {
    const effort = quick ? { times: 1, windowMs: 400 } : { times: 5, windowMs: 3000 }
    const figures = await wideFigures(lab.processes, lab.folder, effort)
    warmOverSmall = figures.warmOverSmall
    return figures.readyOverStock
  })
  return {
    collectionShare: collection,
    memoryGrowth: growth,
    planningStall: stall,
    readyOverStock,
    warmOverSmall,
  }
}

/** Floors repeat what others were seen to ask. */
const recordFloors = async (lab: Lab): Promise<void> => {
  for (const { file, from } of recordings)
    await lab
      .running(from)
      .then(running => lab.record(running, heavy, file))
      .catch((error: Error) => console.error(`No floor "${file}": ${error.message}`))
}

const run = async (processes: Processes, folder: string): Promise<void> => {
  await ensureWrk(processes)
  await installPeers(processes)
  const lab = new Lab(processes, await startSubgraphs(processes, ['shop'], shopSchemas, folder), folder)
  const all = cases(texts)
  const wanted = all.filter(one =>
    chosenCases === undefined ? !quick || one.judged.length > 0 : chosenCases.includes(one.id),
  )
  if (wanted.some(one => one.id === 'alike')) await recordFloors(lab)
  const results = new Map<string, readonly Figures[]>()
  for (const one of wanted) {
    console.log(`\n${one.name}`)
    const figures = await measureCase(lab, one, subjectsOf(one), effort)
    console.table(await rowsOf(figures))
    results.set(one.id, figures)
  }
  for (const subject of subjects) await lab.stop(subject)
  const none = {
    collectionShare: NaN,
    memoryGrowth: NaN,
    planningStall: NaN,
    readyOverStock: NaN,
    warmOverSmall: NaN,
  }
  const bars = barsOf(results, chosenCases === undefined ? await measureExtras(lab) : none)
  if (options.own['write'] === true) await publish(wanted, results, bars)
  await report('gateway', bars, options)
}

const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'))
const processes = new Processes()
try {
  await run(processes, folder)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await processes.close()
  await rm(folder, { recursive: true, force: true })
}
