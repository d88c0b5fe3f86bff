// A process of its own for planner-failures.test.ts: says when it has done its part, then ends unless it is held up.
import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { startPlanner } from '../planner-pool.ts'
import { bomb, plannerConfig, recursiveSupergraph, withoutBounds } from './planner-supergraphs.ts'

const children: ChildProcess[] = []
subscribe('child_process', message => children.push((message as { process: ChildProcess }).process))

const bounds = process.argv[2] === 'starves' ? { maxHeapMb: 64 } : { timeoutMs: 3000 }
const planner = await startPlanner(
  recursiveSupergraph(),
  plannerConfig({ ...withoutBounds, workers: 2, ...bounds }),
)
await planner.plan('{ node { v } }', [])

const atABomb = async (): Promise<void> => {
  planner.plan(bomb(), []).catch(() => {})
  await new Promise(resolve => setTimeout(resolve, 100))
}
const said: string[] = []
const parts: Readonly<Record<string, () => Promise<void>>> = {
  idle: async () => {},
  exits: atABomb,
  closes: async () => {
    await atABomb()
    await planner.close()
  },
  starves: async () => {
    for (const document of [bomb('A'), bomb('B'), '{ node { v } }']) {
      const outcome = planner.plan(document, []).then(() => 'planned')
      said.push(await outcome.catch(({ code, cause }) => `${code}: ${(cause as Error).message}`))
    }
  },
  isKilledIdle: async () => {},
  isKilled: atABomb,
}
const part = process.argv[2] ?? 'idle'
await parts[part]?.()
const pids = children.map(({ pid }) => pid)
const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).length
process.stdout.write(JSON.stringify({ doneAt: Date.now(), pids, running, said }), () => {
  if (part === 'exits') process.exit()
  if (part.startsWith('isKilled')) process.kill(process.pid, 'SIGKILL')
})
