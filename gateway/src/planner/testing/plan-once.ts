// A process that makes one plan, does not close its planner, and ends when nothing holds it up. For planner-failures.test.ts.
import { startPlanner } from '../planner-pool.ts'
import { bomb, plannerConfig, recursiveSupergraph, withoutBounds } from './planner-supergraphs.ts'

const planner = await startPlanner(recursiveSupergraph(), plannerConfig({ ...withoutBounds, workers: 2 }))
await planner.plan('{ node { v } }', [])
const isBusy = process.argv[2] === 'busy'
process.stdout.write(String(Date.now()))
if (isBusy) {
  void planner.plan(bomb(), [])
  // Once the thread is at it.
  setTimeout(() => process.exit(), 100)
}
