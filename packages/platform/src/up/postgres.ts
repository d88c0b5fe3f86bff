import { openEmbeddedReplicaSet, type Archive, type ReplicaSetEvent } from '@marquee/data/embedded'
import type { Launch } from '../supervisor/keeper.ts'
import type { DatabasePlace } from './environment.ts'
import type { Service } from './service-group.ts'

/** One replica set: services to be kept, of which the first must run before the others can. */
export type PostgresLaunch = Readonly<{
  services: readonly Service[]
  /** The databases, once each service has been launched; who writes may change. */
  databases: () => Readonly<Record<string, DatabasePlace>>
}>

/**
 * One replica set as services: each has the same port in all of its lives, and in each the role that the set gives it.
 * @throws POSTGRES_START_FAILED
 */
export const launchPostgres = async (options: {
  name: string
  folder: string
  replicas: number
  hangMs: number
  archive: Archive | undefined
  databases: readonly string[]
  log: (line: string) => void
  report: (event: ReplicaSetEvent) => void
}): Promise<PostgresLaunch> => {
  const { archive, ...rest } = options
  const set = await openEmbeddedReplicaSet({ ...rest, ...(archive === undefined ? {} : { archive }) })
  const launch =
    (name: string): Launch =>
    async signal => {
      signal.throwIfAborted()
      const server = await set.launch(name)
      return {
        pid: server.pid,
        url: `postgres://127.0.0.1:${server.port}`,
        exited: server.exited,
        // It bounds its own end: immediate shutdown after ten seconds.
        stop: () => server.stop(),
        kill: () => {
          set.close()
          try {
            process.kill(server.pid, 'SIGQUIT')
          } catch {
            // It has ended already.
          }
        },
      }
    }
  return {
    services: set.members.map(name => ({ name, launch: launch(name) })),
    databases: () => set.databases(),
  }
}
