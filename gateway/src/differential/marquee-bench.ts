import { gatewayConfig, type GatewayConfig } from '../config.ts'
import { marqueeExecutor } from '../executor/marquee-executor.ts'
import { fetchRunner } from '../fleet/run-fetches.ts'
import { startPlanner } from '../planner/planner-pool.ts'
import { readSupergraph } from '../supergraph/read-supergraph.ts'
import { inProcess, newTurn } from './in-process.ts'
import type { Ground, OpenBench } from './run-case.ts'
import { executorSubject } from './subject.ts'

/** Settings that a federation is run with: batches are cut small in every third. */
const configFor = ({ seed }: Ground): GatewayConfig =>
  gatewayConfig.parse({
    fetch: { maxBatch: seed % 3 === 0 ? 2 : 500 },
    // Its bounds are for another test.
    planner: { maxPaths: 5000 },
  })

/** Marquee's own. */
export const marqueeBench: OpenBench = async federation => {
  const turn = newTurn()
  const config = configFor(federation)
  const supergraph = readSupergraph(federation.supergraphSdl)
  const planner = await startPlanner(supergraph.plannerSdl, config.planner)
  const runFetches = fetchRunner({ config, send: inProcess(federation, turn) })
  const executor = marqueeExecutor({ config, supergraph, planner, runFetches })
  return {
    subject: executorSubject(executor),
    begin: execution => {
      turn.execution = execution
    },
    requests: () => turn.requests,
    close: () => planner.close(),
  }
}
