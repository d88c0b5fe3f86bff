import type { GatewayConfig } from '../config.ts'
import { marqueeExecutor, type MarqueeExecutor } from '../executor/marquee-executor.ts'
import { fetchRunner } from '../fleet/run-fetches.ts'
import type { SenderFor } from '../fleet/send-query.ts'
import { startPlanner } from '../planner/planner-pool.ts'
import { readSupergraph } from './read-supergraph.ts'

/** An executor that owns processes: `close` ends them, in the middle of a plan too. */
export type Engine = MarqueeExecutor & Readonly<{ close: () => Promise<void> }>

/**
 * Opens Marquee's engine on a supergraph. Ready when the first planning process is.
 * @param isKnownValid  the same SDL was opened before: the planner does not validate it again
 * @throws SUPERGRAPH_INVALID
 */
export const openEngine = async (
  sdl: string,
  config: GatewayConfig,
  senderFor: SenderFor,
  isKnownValid = false,
): Promise<Engine> => {
  const supergraph = readSupergraph(sdl, config)
  const planner = await startPlanner(supergraph.plannerSdl, config.planner, isKnownValid)
  const send = senderFor(subgraph => supergraph.subgraphs.get(subgraph)?.url)
  const runFetches = fetchRunner({ config, send })
  return Object.freeze({
    ...marqueeExecutor({ config, supergraph, planner, runFetches }),
    close: () => planner.close(),
  })
}
