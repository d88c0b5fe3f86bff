import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { MoveRequest } from '../resharding/plan-move.ts'
import type { ReshardingOptions } from '../resharding/resharding-context.ts'

const library = fileURLToPath(new URL('../resharding/resharding.ts', import.meta.url))

/** When the process kills itself: on its event of this name, where `matches` has these values. */
export type Death = Readonly<Record<string, unknown>>

const script = `
const { moveBuckets, resumeMove } = await import(process.env.LIBRARY)
const { options, request, death } = JSON.parse(process.env.WORK)
const die = () => process.kill(process.pid, 'SIGKILL')
let timer
const report = event => {
  if (typeof death === 'number') timer ??= setTimeout(die, death)
  else if (Object.entries(death).every(([key, value]) => event[key] === value)) die()
}
const work = request === null ? resumeMove({ ...options, report }) : moveBuckets({ ...options, report }, request)
await work.then(() => process.exit(0), error => { console.error(error); process.exit(1) })`

/**
 * Moves buckets in a process of its own, or resumes a move, which is killed with SIGKILL.
 * @param death  the event at which it is, or milliseconds after the first of its events
 * @returns what ended it: `SIGKILL`, or its exit code with what it said
 */
export const killedMover = async (
  options: ReshardingOptions,
  request: MoveRequest | null,
  death: Death | number,
): Promise<string> => {
  const work = JSON.stringify({ options, request, death })
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    env: { ...process.env, NODE_OPTIONS: '', LIBRARY: library, WORK: work },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return signal ?? `${code}: ${said}`
}
