import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Subject } from './subject.ts'

const main = fileURLToPath(new URL('../../../packages/platform/src/main.ts', import.meta.url))
const probe = fileURLToPath(new URL('../../support/probe.ts', import.meta.url))

export type MarqueeVariant = Readonly<{
  sharing?: boolean
  coalescing?: boolean
  /** Every subgraph declared the same for everybody. */
  isPublic?: boolean
  /** Reports collection and stalls of the event loop (support/probe.ts). */
  isProbed?: boolean
  core?: Subject['core']
}>

/** `marquee gateway` as a user starts it. What is not its default is set here, and is said under the table. */
export const marquee = (id: string, name: string, variant: MarqueeVariant = {}): Subject => ({
  id,
  name,
  package: '../../../package.json',
  path: '/graphql',
  core: variant.core ?? 'measured',
  start: async ({ port, folder, subgraphs }) => {
    const { sharing = true, coalescing = true, isPublic = false } = variant
    const config = join(folder, `${id}.yaml`)
    const settings = {
      gateway: {
        logLevel: 'error',
        forwardHeaders: ['x-user'],
        fetch: { shareInFlight: sharing, coalesce: coalescing },
        subgraphs: Object.fromEntries(
          Object.keys(subgraphs.urls).map(subgraph => [subgraph, { public: isPublic }]),
        ),
        supergraph: { watch: false, keepLastGood: false },
      },
    }
    await writeFile(config, JSON.stringify(settings)) // JSON is YAML
    const preload = variant.isProbed === true ? ['--import', probe] : []
    const words = ['gateway', '--supergraph', subgraphs.supergraph, '--port', String(port)]
    return {
      command: process.execPath,
      args: ['--no-warnings', ...preload, main, ...words],
      env: { MARQUEE_CONFIG: config, BENCH_PROBE_SOCKET: join(folder, `${id}.sock`) },
    }
  },
})
