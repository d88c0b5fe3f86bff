// A process of its own for planner-failures.test.ts: says when it has done its part, then ends unless it is held up.
import type { Worker } from 'node:worker_threads'
import { startPlanner } from '../planner-pool.ts'
import { bomb, plannerConfig, recursiveSupergraph, withoutBounds } from './planner-supergraphs.ts'

const threads: Worker[] = []
process.on('worker', thread => threads.push(thread))

const planner = await startPlanner(recursiveSupergraph(), plannerConfig({ ...withoutBounds, workers: 2 }))
await planner.plan('{ node { v } }', [])

const atABomb = async (): Promise<void> => {
  planner.plan(bomb(), []).catch(() => {})
  await new Promise(resolve => setTimeout(resolve, 100))
}
const parts: Readonly<Record<string, () => Promise<void>>> = {
  idle: async () => {},
  exits: atABomb,
  closes: async () => {
    await atABomb()
    await planner.close()
  },
}
const part = process.argv[2] ?? 'idle'
await parts[part]?.()
// The id of a thread that has ended is -1.
const running = threads.filter(({ threadId }) => threadId !== -1).length
process.stdout.write(JSON.stringify({ doneAt: Date.now(), started: threads.length, running }))
if (part === 'exits') process.exit()
