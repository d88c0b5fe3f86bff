import type { Command } from 'commander'
import { failureOf, printFailure } from '../terminal/failure.ts'
import { showEvents } from '../terminal/show-events.ts'
import type { Report } from '../up/events.ts'
import { readUpOptions, type UpFlags } from '../up/options.ts'
import { startPlatform, type RunningPlatform } from '../up/start-platform.ts'
import { parseNames, parsePort, parseReplicas, parseShards } from './arguments.ts'

type Flags = UpFlags & Readonly<{ quiet?: boolean; json?: boolean }>

const reporter = ({ json, quiet }: Flags): Report => {
  if (json === true) return event => console.log(JSON.stringify(event))
  if (quiet === true) {
    return event => {
      if (event.event === 'failed') console.error(printFailure(event))
    }
  }
  return showEvents(console.log, console.error)
}

const isStop = (error: unknown, stop: AbortSignal): boolean => stop.aborted && error === stop.reason

/** Starts the platform and keeps it up until a signal. @returns the exit code */
const up = async (flags: Flags): Promise<number> => {
  const report = reporter(flags)
  const stop = new AbortController()
  const force = new AbortController()
  const stopped = new Promise<void>(resolve => {
    const onSignal = (): void => {
      if (stop.signal.aborted) force.abort()
      stop.abort()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
    const onFault = (error: unknown): void => {
      process.exitCode = 1
      report({ event: 'failed', ...failureOf(error) })
      onSignal()
    }
    process.on('uncaughtException', onFault)
    process.on('unhandledRejection', onFault)
  })
  let platform: RunningPlatform
  try {
    const options = await readUpOptions(flags, process.env)
    platform = await startPlatform({
      options,
      env: process.env,
      signal: stop.signal,
      force: force.signal,
      report,
    })
  } catch (error) {
    if (isStop(error, stop.signal)) {
      report({ event: 'stopped' })
      return Number(process.exitCode ?? 0)
    }
    report({ event: 'failed', ...failureOf(error) })
    return 1
  }
  await import('../supervisor/trim-memory.ts')
  await stopped
  await platform.stop()
  return Number(process.exitCode ?? 0)
}

export const addUp = (program: Command, exit: (code: number) => void): void => {
  program
    .command('up')
    .description('start everything on this machine: PostgreSQL, films, subgraphs, gateway')
    .option('--port <n>', 'port of the gateway; 0 takes a free one (default: 4000)', parsePort)
    .option(
      '--replicas <n>',
      'streaming replicas of the embedded PostgreSQL, 0 to 4 (default: 0)',
      parseReplicas,
    )
    .option(
      '--shards <n>',
      'PostgreSQL servers that the data of users is spread over, 1 to 8 (default: 1)',
      parseShards,
    )
    .option('--data <folder>', 'folder of everything that is kept (default: .marquee in the project)')
    .option('--fresh', 'delete the data first')
    .option('--only <names>', 'run these subgraphs alone: auth,movies', parseNames)
    .option('--no-import', 'do not import the bundled films')
    .option('--no-watch', 'do not compose again when a schema file changes')
    .option('--quiet', 'say nothing unless something is wrong')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (flags: Flags, command: Command) => {
      // Commander gives `--no-x` a default of its own, which would go over marquee.yaml.
      const given = (name: 'import' | 'watch'): object =>
        command.getOptionValueSource(name) === 'cli' ? { [name]: flags[name] } : { [name]: undefined }
      exit(await up({ ...flags, ...given('import'), ...given('watch') }))
    })
}
