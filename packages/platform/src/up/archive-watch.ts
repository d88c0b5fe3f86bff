import { setTimeout as delay } from 'node:timers/promises'
import { tendArchive } from '@marquee/data/embedded'
import type { PlatformConfig } from '../config/platform-config.ts'
import type { Topology } from './environment.ts'
import type { Report } from './events.ts'
import { setName, shardWriters } from './shard-topology.ts'

/** How often it is said again that archiving fails. */
const againMs = 600_000

/**
 * Tends the archives until the signal: what is not archived stays on the server's disk and would fill it without a word.
 * Never rejects.
 */
export const watchArchives = async (
  options: Readonly<{
    config: PlatformConfig
    topology: () => Topology
    signal: AbortSignal
    report: Report
  }>,
): Promise<void> => {
  const { config, topology, signal, report } = options
  if (config.backup.archive === false) return
  const saidAt = new Map<string, number>()
  const look = async (server: string, url: string): Promise<void> => {
    const state = await tendArchive(url)
    const last = saidAt.get(server)
    if (!state.isFailing) {
      if (saidAt.delete(server)) report({ event: 'archive-mended', server })
    } else if (last === undefined || performance.now() - last > againMs) {
      saidAt.set(server, performance.now())
      const { waitingBytes, lastAt } = state
      report({ event: 'archive-failing', server, waitingBytes, lastAt })
    }
  }
  while (!signal.aborted) {
    await delay(config.backup.archiveTimeoutS * 1000, undefined, { signal, ref: false }).catch(
      () => undefined,
    )
    if (signal.aborted) return
    for (const { shard, url } of shardWriters(topology())) {
      // A server that is down is told of by whoever keeps it.
      await look(setName(shard), url).catch(() => undefined)
    }
  }
}
