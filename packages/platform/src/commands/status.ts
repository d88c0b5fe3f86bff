import type { Command } from 'commander'
import { dataPath, readPlatformConfig } from '../up/options.ts'
import { readRunningState, type PlatformState } from '../up/state-file.ts'

type Flags = Readonly<{ data?: string; json?: boolean }>
type Health = 'ok' | 'failing' | 'unreachable'

const timeoutMs = 1500

const healthOf = async ({ url, state }: PlatformState['services'][number]): Promise<Health> => {
  if (state !== 'running') return 'unreachable'
  // PostgreSQL speaks no HTTP: that its process runs is what we know; the subgraphs' health tells whether it answers.
  if (!url.startsWith('http')) return 'ok'
  try {
    const response = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(timeoutMs) })
    return response.ok ? 'ok' : 'failing'
  } catch {
    return 'unreachable'
  }
}

const status = async (flags: Flags): Promise<number> => {
  const { config, configFile } = await readPlatformConfig(process.env)
  const { databases: _secret, ...state } = await readRunningState(
    dataPath(flags.data, config, configFile, process.env),
  )
  const services = await Promise.all(
    state.services.map(async service => ({ ...service, health: await healthOf(service) })),
  )
  const ok = services.every(({ health }) => health === 'ok')
  if (flags.json === true) {
    console.log(JSON.stringify({ event: 'status', ok, ...state, services }))
    return ok ? 0 : 1
  }
  const width = Math.max(...services.map(({ name }) => name.length))
  console.log(`Running in ${state.folder} since ${state.startedAt} (process ${state.pid}): ${state.url}`)
  for (const { name, health, pid, url, restarts, state: life } of services) {
    const again = restarts === 0 ? '' : `  restarted ${restarts} ${restarts === 1 ? 'time' : 'times'}`
    const how = life === 'running' ? health : life
    console.log(
      `  ${name.padEnd(width)}  ${how.padEnd(11)}  process ${String(pid).padEnd(8)}  ${url}${again}`,
    )
  }
  return ok ? 0 : 1
}

export const addStatus = (program: Command, exit: (code: number) => void): void => {
  program
    .command('status')
    .description('say how the running platform is; exit 1 when a part of it is not well')
    .option('--data <folder>', 'its data folder (default: .marquee in the project)')
    .option('--json', 'as one JSON object')
    .action(async (flags: Flags) => exit(await status(flags)))
}
