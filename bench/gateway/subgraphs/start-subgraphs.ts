import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Processes, Started } from '../../support/processes.ts'
import { federation2 } from './schemas.ts'

const serve = fileURLToPath(new URL('serve.ts', import.meta.url))
const marquee = fileURLToPath(new URL('../../../packages/platform/src/main.ts', import.meta.url))

/** One request as a subgraph got it. Those of one level were under way at the same time. */
export type Recorded = Readonly<{ url: string; body: string; level: number }>

/** Running subgraphs, and the supergraph composed of them. */
export type Subgraphs = Readonly<{
  /** Subgraph name to its URL. */
  urls: Readonly<Record<string, string>>
  /** Subgraph name to its schema, without the link to Federation 2. */
  schemas: Readonly<Record<string, string>>
  /** Path of the composed supergraph, and of the folder that it and the schemas (`NAME.graphql`) are in. */
  supergraph: string
  folder: string
  /** Requests answered so far, all subgraphs together. */
  requests: () => Promise<number>
  /** Holds each `every`th answer back for `delayMs`; 0 holds back none. */
  slow: (delayMs: number, every: number) => Promise<void>
  /** What arrives while `work` runs. */
  record: (work: () => Promise<unknown>) => Promise<readonly Recorded[]>
  started: Started
}>

type Control = Readonly<{ requests: number; recorded?: Recorded[] }>

/** Composes by the command that users have. */
const compose = async (
  processes: Processes,
  folder: string,
  schemas: Readonly<Record<string, string>>,
  urls: Readonly<Record<string, string>>,
): Promise<string> => {
  await mkdir(folder, { recursive: true })
  const lines = ['federation_version: 2', 'subgraphs:']
  for (const [name, sdl] of Object.entries(schemas)) {
    await writeFile(join(folder, `${name}.graphql`), federation2(sdl))
    lines.push(`  ${name}:`, `    routing_url: ${urls[name]}`, `    schema: { file: ./${name}.graphql }`)
  }
  const config = join(folder, 'supergraph.yaml')
  const out = join(folder, 'supergraph.graphql')
  await writeFile(config, `${lines.join('\n')}\n`)
  const args = ['--no-warnings', marquee, 'compose', '--config', config, '--out', out]
  await processes.run({ command: process.execPath, args, core: 'any' })
  return out
}

/**
 * Starts all subgraphs of a graph in one process and composes them.
 * @param graph  arguments of serve.ts
 * @param folder  where the supergraph and the schemas go; made when it is not there
 */
export const startSubgraphs = async (
  processes: Processes,
  graph: readonly string[],
  schemas: Readonly<Record<string, string>>,
  folder: string,
): Promise<Subgraphs> => {
  const started = await processes.startSpeaking({
    command: process.execPath,
    args: ['--no-warnings', serve, ...graph],
    core: 'other',
  })
  const { subgraphs: urls, control } = started.line as { subgraphs: Record<string, string>; control: string }
  const tell = async (wanted: object): Promise<Control> => {
    const response = await fetch(control, { method: 'POST', body: JSON.stringify(wanted) })
    return (await response.json()) as Control
  }
  return Object.freeze({
    urls,
    schemas,
    supergraph: await compose(processes, folder, schemas, urls),
    folder,
    requests: async () => (await tell({})).requests,
    slow: async (delayMs, slowEvery) => void (await tell({ delayMs, slowEvery })),
    record: async work => {
      await tell({ record: true, delayMs: 60, slowEvery: 0 })
      await work()
      return (await tell({ record: false, delayMs: 0 })).recorded ?? []
    },
    started,
  })
}
