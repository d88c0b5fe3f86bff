/** A server that runs: where it answers, and how it ends without dropping a request. */
export type Service = Readonly<{ url: string; drain: () => Promise<void> }>

/** What a service process tells the process that started it, over Node's IPC channel. */
export type ServiceMessage =
  | Readonly<{ event: 'ready'; url: string }>
  | Readonly<{ event: 'failed'; code: string; message: string; mend: string }>
  | Readonly<{ event: 'note'; name: string; details: Readonly<Record<string, unknown>> }>

/** The part of Node's `process` that a service needs; handed in, since this package does no I/O of its own. */
export type ServiceProcess = Readonly<{
  pid: number
  on: (event: 'SIGINT' | 'SIGTERM' | 'disconnect', listener: () => void) => unknown
  exit: (code: number) => never
  stdout: Readonly<{ on: (event: 'error', listener: () => void) => unknown }>
  send?: ((message: ServiceMessage) => boolean) | undefined
}>

/** How long a drain may take before the process ends all the same: nobody may be left to kill it. */
const longestDrainMs = 60_000

/**
 * Runs one service as a process of its own: starts it, says `ready` to the parent, drains it on SIGTERM, on SIGINT,
 * and when the parent is gone (so that a `kill -9` of the supervisor leaves no orphans). Exits 0 after a drain, 1
 * when the start failed.
 */
export const runService = async (
  process: ServiceProcess,
  start: (notify: (name: string, details: Readonly<Record<string, unknown>>) => void) => Promise<Service>,
  onFailure: (error: unknown) => void,
): Promise<void> => {
  // The log's reader may be gone before us, with the parent: that must not stop the drain.
  process.stdout.on('error', () => undefined)
  const tell = (message: ServiceMessage): void => {
    process.send?.(message)
  }
  try {
    const service = await start((name, details) => tell({ event: 'note', name, details }))
    let draining = false
    const end = (): void => {
      if (draining) return
      draining = true
      setTimeout(() => process.exit(1), longestDrainMs).unref()
      service.drain().then(
        () => process.exit(0),
        (error: unknown) => {
          onFailure(error)
          process.exit(1)
        },
      )
    }
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    process.on('disconnect', end)
    tell({ event: 'ready', url: service.url })
  } catch (error) {
    onFailure(error)
    const {
      code = 'INTERNAL_SERVER_ERROR',
      message,
      mend = '',
    } = error as Error & { code?: string; mend?: string }
    tell({ event: 'failed', code, message, mend })
    process.exit(1)
  }
}
