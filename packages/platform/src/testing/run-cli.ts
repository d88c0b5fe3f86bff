import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export type CliEvent = Readonly<Record<string, unknown> & { event: string }>

export type Cli = Readonly<{
  child: ChildProcess
  events: readonly CliEvent[]
  output: () => string
  exit: Promise<number | null>
  /** Waits for an event. @throws when the command ends without it */
  waitFor: (name: string, matches?: (event: CliEvent) => boolean) => Promise<CliEvent>
  /** Waits until it has said this. */
  waitForText: (text: string) => Promise<void>
}>

/** Runs `marquee ARGS` as a user would. */
export const runCli = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Cli => {
  const child = spawn(process.execPath, ['--no-warnings', main, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', MARQUEE_CONFIG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  })
  const events: CliEvent[] = []
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', line => {
    output += `${line}\n`
    if (line.startsWith('{"event"')) events.push(JSON.parse(line) as CliEvent)
  })
  let ended = false
  const exit = once(child, 'close').then(([code]) => {
    ended = true
    return code as number | null
  })
  const waitFor: Cli['waitFor'] = async (name, matches = () => true) => {
    const find = (): CliEvent | undefined => events.find(event => event.event === name && matches(event))
    await until(() => find() !== undefined || ended, 20_000)
    const found = find()
    if (found === undefined) throw new Error(`ended before "${name}":\n${output}`)
    return found
  }
  const waitForText = (text: string): Promise<void> => until(() => output.includes(text) || ended, 20_000)
  return { child, events, output: () => output, exit, waitFor, waitForText }
}
