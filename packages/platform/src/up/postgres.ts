import { startPostgres } from '@marquee/data/embedded'
import type { Launch } from '../supervisor/keeper.ts'

export type PostgresLaunch = Readonly<{
  launch: Launch
  /** Address of each database, once it has been launched. */
  urls: () => Readonly<Record<string, string>>
}>

/** The embedded PostgreSQL as a service to be kept: the same port in each of its lives. */
export const launchPostgres = (options: {
  folder: string
  databases: readonly string[]
  log: (line: string) => void
}): PostgresLaunch => {
  let port: number | undefined
  let urls: Record<string, string> = {}
  return {
    urls: () => urls,
    launch: async signal => {
      signal.throwIfAborted()
      const server = await startPostgres({
        folder: options.folder,
        log: options.log,
        ...(port === undefined ? {} : { port }),
      })
      try {
        await server.ensureDatabases(options.databases)
      } catch (error) {
        await server.stop()
        throw error
      }
      port = server.port
      urls = Object.fromEntries(options.databases.map(name => [name, server.url(name)]))
      return {
        pid: server.pid,
        url: `postgres://127.0.0.1:${server.port}`,
        exited: server.exited,
        // It bounds its own end: immediate shutdown after ten seconds.
        stop: () => server.stop(),
        kill: () => {
          try {
            process.kill(server.pid, 'SIGQUIT')
          } catch {
            // It has ended already.
          }
        },
      }
    },
  }
}
