import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))
const main = join(root, 'packages/platform/src/main.ts')

export type CliEvent = Readonly<Record<string, unknown> & { event: string }>

/** A `marquee` command under test: its process, and the events of `--json` as they come. */
export type Cli = Readonly<{
  child: ChildProcess
  events: readonly CliEvent[]
  output: () => string
  waitFor: (event: string, matches?: (event: CliEvent) => boolean) => Promise<CliEvent>
  exit: Promise<number | null>
}>

/** Runs `marquee ARGS` as a process of its own, as a user would; the environment is the caller's plus `env`. */
export const runCli = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Cli => {
  const child = spawn(process.execPath, ['--no-warnings', main, ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', MARQUEE_CONFIG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const events: CliEvent[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const check of waiting) check()
  }
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', line => {
    output += `${line}\n`
    try {
      events.push(JSON.parse(line) as CliEvent)
    } catch {
      return
    }
    wake()
  })
  const exit = once(child, 'close').then(([code]) => code as number | null)
  void exit.then(wake)

  const waitFor = (name: string, matches: (event: CliEvent) => boolean = () => true): Promise<CliEvent> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = events.find(event => event.event === name && matches(event))
        if (found === undefined && child.exitCode === null && child.signalCode === null) return
        waiting.delete(check)
        if (found === undefined) reject(new Error(`ended before "${name}":\n${output}`))
        else resolve(found)
      }
      waiting.add(check)
      check()
    })

  return { child, events, output: () => output, waitFor, exit }
}

/** A folder that is there for one test file, gone afterwards. */
export const temporaryFolder = async (): Promise<{ path: string; remove: () => Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'marquee-test-'))
  // Run as root, PostgreSQL is another user, who must get through here.
  await chmod(path, 0o711)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
