import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { barsOf, type Extras, type Once } from './gateway/bars.ts'
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
  ? { rounds: 1, warmMs: 0, leadMs: 600, windowMs: 350 }
  : { rounds: 5, warmMs: 5000, leadMs: 500, windowMs: 3000 }
const texts = quick ? 100 : 1000

const isLeftOut = (id: string): boolean =>
  chosenPeers !== undefined && peers.some(peer => peer.id === id) && !chosenPeers.includes(id)

/** Those of a case, in the order of the tables. */
const subjectsOf = ({ judged, shown }: Case): typeof subjects =>
  subjects.filter(
    ({ id }) =>
      !isLeftOut(id) &&
      (judged.includes(id) || ((!quick || chosenCases !== undefined) && shown.includes(id))),
  )

/** Says why where something cannot be measured: its bar is missed, and the others are not lost. */
const once = async (what: string, measure: () => Promise<number>): Promise<Once> => {
  console.log(`${what} ...`)
  return measure().then(
    value => ({ value }),
    (error: Error) => ({ value: Number.NaN, problem: error.message }),
  )
}

const left: Once = { value: Number.NaN, problem: 'left out by --cases' }

const measureExtras = async (lab: Lab): Promise<Extras> => {
  const collection = await once('garbage collection', () =>
    collectionShare(lab, marqueeProbed, quick ? 1500 : 20_000),
  )
  const growth = await once('memory over a long run', () =>
    memoryGrowth(lab, marqueeProbed, texts, quick ? 3000 : 600_000),
  )
  await lab.stop(marqueeProbed)
  const stall = await once('planning', () => planningStall(lab, marqueePlanning, 200))
  await lab.stop(marqueePlanning)
  let warm = Number.NaN
  const ready = await once('100 subgraphs', async () => {
    const effort = quick ? { times: 1, windowMs: 400 } : { times: 5, windowMs: 3000 }
    const figures = await wideFigures(lab.processes, lab.folder, effort)
    warm = figures.warmOverSmall
    return figures.readyOverStock
  })
  return {
    collectionShare: collection,
    memoryGrowth: growth,
    planningStall: stall,
    readyOverStock: ready,
    warmOverSmall: { ...ready, value: warm },
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
  const subgraphs = await startSubgraphs(processes, ['shop'], shopSchemas, folder)
  const lab = new Lab(processes, subgraphs, folder, undefined, quick)
  const all = cases(texts)
  const wanted = all.filter(one =>
    chosenCases === undefined ? !quick || one.judged.length > 0 : chosenCases.includes(one.id),
  )
  if (wanted.some(one => one.id === 'alike')) await recordFloors(lab)
  const entrants = new Set(wanted.flatMap(subjectsOf))
  await Promise.allSettled([...entrants].map(subject => lab.running(subject)))
  const results = new Map<string, readonly Figures[]>()
  for (const one of wanted) {
    console.log(`\n${one.name}`)
    const figures = await measureCase(lab, one, subjectsOf(one), effort)
    console.table(await rowsOf(figures))
    results.set(one.id, figures)
  }
  for (const subject of subjects) await lab.stop(subject)
  const none: Extras = {
    collectionShare: left,
    memoryGrowth: left,
    planningStall: left,
    readyOverStock: left,
    warmOverSmall: left,
  }
  const bars = barsOf(results, chosenCases === undefined ? await measureExtras(lab) : none)
  if (options.own['write'] === true) await publish(wanted, results, bars)
  await report('gateway', bars, options)
}

const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'))
const processes = new Processes()
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
try {
  await run(processes, folder)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await processes.close()
}
