import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

// Machines that drill are busy.
const startMs = 180_000
const root = fileURLToPath(new URL('../..', import.meta.url))

export type PlatformEvent = Readonly<Record<string, unknown> & { event: string }>

export type Platform = Readonly<{
  events: readonly PlatformEvent[]
  /** Address of the public API; empty without a gateway. */
  url: string
  /** Process id of a service in its life of now. */
  pidOf: (service: string) => number
  /** Addresses of every server of a database. */
  serversOf: (database: string) => Promise<readonly string[]>
  stop: () => Promise<void>
}>

/** Waits until something holds. @throws after `timeoutMs` */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> => {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await sleep(20)
  }
}

type State = Readonly<{ databases: Readonly<Record<string, { writer: string; readers: readonly string[] }>> }>

/** `npm start` over a data folder of its own, as a user meets it; `stop` leaves nothing. */
export const runPlatform = async (args: readonly string[]): Promise<Platform> => {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-drill-'))
  // As root the database runs as another user, who must get through.
  await chmod(folder, 0o711)
  const npm = spawn('npm', ['start', '--silent', '--', '--json', '--port', '0', '--data', folder, ...args], {
    cwd: root,
    // A drill takes longer than the 15 minutes that a token is good for.
    env: { ...process.env, MARQUEE_AUTH_ACCESS_TOKEN_SECONDS: '86400' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // A drill that breaks off leaves nothing running.
  const end = (): void => void npm.kill('SIGINT')
  process.once('exit', end)
  const leave = (): void => process.exit(130)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave)
  const events: PlatformEvent[] = []
  createInterface({ input: npm.stdout }).on('line', line => {
    if (line.startsWith('{"event"')) events.push(JSON.parse(line) as PlatformEvent)
  })
  const stop = async (): Promise<void> => {
    if (npm.exitCode === null) {
      npm.kill('SIGINT')
      await once(npm, 'exit')
    }
    process.off('exit', end)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, leave)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until(
      'npm start',
      () => {
        if (npm.exitCode !== null) throw new Error(`npm start ended: ${JSON.stringify(events.at(-1))}`)
        return events.some(({ event }) => event === 'ready')
      },
      startMs,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    events,
    url: (events.find(({ event }) => event === 'ready')?.['url'] as string | undefined) ?? '',
    stop,
    pidOf: service =>
      Number(
        events.findLast(one => one.event === 'service-ready' && one['service'] === service)?.['pid'] ?? 0,
      ),
    serversOf: async database => {
      const { databases } = JSON.parse(await readFile(join(folder, 'platform.json'), 'utf8')) as State
      const { writer = '', readers = [] } = databases[database] ?? {}
      return [writer, ...readers]
    },
  }
}
