import { setTimeout as after } from 'node:timers/promises'
import {
  EmbeddedReplicaSet,
  type ReplicaSetEvent,
  type EmbeddedReplicaSetOptions,
} from '../embedded/embedded-replica-set.ts'
import type { PostgresServer } from '../embedded/start-server.ts'
import { copyTemplate } from './cluster-template.ts'

export type KeptReplicaSet = Readonly<{
  set: EmbeddedReplicaSet
  servers: ReadonlyMap<string, PostgresServer>
  events: readonly ReplicaSetEvent[]
  lines: readonly string[]
  /** Stops the servers, replicas first. */
  stop: () => Promise<void>
}>

const restartMs = 100

/** A replica set whose servers are started again when they end, as the platform does. Nothing in it is durable. */
export const keepReplicaSet = async (
  options: Partial<EmbeddedReplicaSetOptions> & Pick<EmbeddedReplicaSetOptions, 'folder' | 'replicas'>,
): Promise<KeptReplicaSet> => {
  const events: ReplicaSetEvent[] = []
  const lines: string[] = []
  const servers = new Map<string, PostgresServer>()
  const set = await EmbeddedReplicaSet.open({
    name: 'postgres',
    databases: ['films'],
    hangMs: 1500,
    log: line => void lines.push(line),
    report: event => void events.push(event),
    durable: false,
    createCluster: copyTemplate,
    ...options,
  })
  let stopping = false
  const keep = async (name: string): Promise<void> => {
    const server = await set.launch(name)
    servers.set(name, server)
    void server.exited.then(async () => {
      servers.delete(name)
      for (;;) {
        await after(restartMs)
        if (stopping) return
        try {
          return await keep(name)
        } catch (error) {
          lines.push(`${name}: ${(error as Error).message}`)
        }
      }
    })
    // Stopped while it was started.
    if (stopping) await server.stop()
  }
  const [writer = '', ...replicas] = set.members
  const stop = async (): Promise<void> => {
    stopping = true
    set.close()
    const ended = [...servers.entries()].toSorted(([one]) => (one === set.writer ? 1 : -1))
    for (const [, server] of ended) await server.stop()
  }
  try {
    await keep(writer)
    await Promise.all(replicas.map(keep))
  } catch (error) {
    await stop()
    throw error
  }
  return { set, servers, events, lines, stop }
}
