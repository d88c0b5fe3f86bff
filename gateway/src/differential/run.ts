import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gatewayConfig } from '../config.ts'
import { printPlan } from '../executor/describe-plan.ts'
import { planOperation } from '../plan-operation.ts'
import { generateFederation, type Federation } from './generate-federation.ts'
import type { ClientOperation } from './generate-operation.ts'
import type { OpenBench } from './run-case.ts'
import { describeDifference, runFederation } from './run-federation.ts'

// Long runs: `node gateway/src/differential/run.ts --supergraphs 20 --operations 20000 --seed 1 --engine marquee`.

const { values } = parseArgs({
  options: {
    supergraphs: { type: 'string', default: '20' },
    operations: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'marquee' },
    faults: { type: 'boolean', default: false },
    tame: { type: 'boolean', default: false },
    traps: { type: 'boolean', default: false },
    shrunk: { type: 'string', default: '1' },
  },
})

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

const engine = async (): Promise<OpenBench> =>
  values.engine === 'apollo'
    ? (await import('./apollo-bench.ts')).apolloBench
    : (await import('./marquee-bench.ts')).marqueeBench

const keep = async (folder: string, { seed, supergraphSdl, subgraphs }: Federation): Promise<string> => {
  const file = join(folder, `supergraph-${seed}.graphql`)
  await writeFile(file, supergraphSdl)
  const parts = [...subgraphs].map(([name, sdl]) => `# ${name}\n${sdl}`)
  await writeFile(join(folder, `subgraphs-${seed}.graphql`), parts.join('\n\n'))
  return file
}

/** What Marquee makes of the planner's plan. */
const planOf = async ({ supergraphSdl }: Federation, operation: ClientOperation): Promise<string> => {
  try {
    return printPlan(await planOperation(supergraphSdl, gatewayConfig.parse({}), operation))
  } catch (error) {
    return `no plan: ${(error as Error).message}`
  }
}

const open = await engine()
const supergraphs = Number(values.supergraphs)
const operations = Math.ceil(Number(values.operations) / supergraphs)
const seed = Number(values.seed)
const folder = await mkdtemp(join(tmpdir(), 'marquee-differential-'))
const kinds = new Map<string, number>()
const started = performance.now()
let rejected = 0
let requests = 0

for (let at = 0; at < supergraphs; at += 1) {
  const federation = generateFederation(seed + at, {
    traps: values.traps,
    contexts: values.engine !== 'apollo',
  })
  rejected += federation.rejected
  const bench = await open(federation)
  const found = await runFederation(federation, bench, {
    operations,
    seed: seed * 1000 + 1,
    faults: values.faults,
    tame: values.tame,
    shrunk: Number(values.shrunk),
  })
  requests += bench.requests()
  await bench.close()
  const shown = new Set<string>()
  if (found.length > 0) say(`\n${await keep(folder, federation)}: ${found.length} differ`)
  for (const difference of found) {
    kinds.set(difference.kind, (kinds.get(difference.kind) ?? 0) + 1)
    if (!shown.has(difference.kind)) {
      say(`\n${describeDifference(federation, difference)}`)
      say(await planOf(federation, difference.operation))
    }
    shown.add(difference.kind)
  }
}

const total = supergraphs * operations
const differing = [...kinds.values()].reduce((sum, count) => sum + count, 0)
const seconds = (performance.now() - started) / 1000
say(
  `\n${total} operations on ${supergraphs} supergraphs (${rejected} did not compose), ${requests} subgraph requests, ` +
    `${seconds.toFixed(0)} s: ${differing} differ (${((100 * differing) / total).toFixed(2)} %)`,
)
for (const [kind, count] of [...kinds].toSorted(([, a], [, b]) => b - a)) say(`${count}\t${kind}`)
process.exitCode = differing === 0 ? 0 : 1
