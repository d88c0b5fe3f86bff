import { access, mkdir } from 'node:fs/promises'
import { readSection } from '@marquee/contract'
import { dataConfig } from '@marquee/data/config'
import { finishRestore } from '@marquee/data/embedded'
import { watchFiles } from '../compose/watch-files.ts'
import { readSupergraphFile } from '../compose/supergraph-file.ts'
import { demoAccount } from '../demo/demo-account.ts'
import { startAdvisor } from './advisor.ts'
import { watchArchives } from './archive-watch.ts'
import { Closers } from './closers.ts'
import { dataFolder, emptyFolder, prepareFolder, shardFolders, type DataFolder } from './data-folder.ts'
import { startEmbeddedDatabases, type EmbeddedDatabases } from './embedded-databases.ts'
import { commonEnvironment, hasOwnDatabases } from './environment.ts'
import type { DemoAccount, Report, ServiceStatus } from './events.ts'
import { bringFilms } from './films.ts'
import { lockFolder } from './folder-lock.ts'
import { freePort, requirePort } from './free-port.ts'
import { requireKnown, type UpOptions } from './options.ts'
import { keptSecret } from './secret.ts'
import { ServiceGroup } from './service-group.ts'
import { gatewayProcess, planSubgraphs, subgraphProcesses, type SubgraphPlan } from './services.ts'
import { stateKeeper } from './state-file.ts'
import { composeAgain, composeInto } from './supergraph.ts'

export type RunningPlatform = Readonly<{
  url: string
  demo: DemoAccount | null
  services: () => readonly ServiceStatus[]
  /** Drains the gateway, then the subgraphs, then stops PostgreSQL; gives the folder back. */
  stop: () => Promise<void>
}>

export type StartContext = Readonly<{
  options: UpOptions
  env: NodeJS.ProcessEnv
  /** Breaks the start off. */
  signal: AbortSignal
  /** Ends at once what still runs, in a `stop` that is under way as well. */
  force: AbortSignal
  report: Report
}>

const takeFolder = async (options: UpOptions, closers: Closers): Promise<DataFolder> => {
  const folder = dataFolder(options.folder)
  await prepareFolder(folder.path)
  await closers.add(await lockFolder(folder.path))
  await finishRestore(folder.path, shardFolders(folder))
  if (options.fresh) await emptyFolder(folder)
  await mkdir(folder.logs, { recursive: true })
  return folder
}

const choosePort = async (host: string, port: number): Promise<number> => {
  if (port === 0) return freePort(host)
  await requirePort(host, port)
  return port
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** The databases: an embedded PostgreSQL, or the user's own (undefined: the processes read them from the config). */
const startDatabases = async (
  { options, env, report }: StartContext,
  folder: DataFolder,
  group: ServiceGroup,
  names: readonly string[],
): Promise<EmbeddedDatabases | undefined> => {
  const { config, configFile } = options
  if (hasOwnDatabases(configFile, env)) {
    if (config.replicas > 0 || config.shards > 1) {
      const message =
        'Replicas and shards asked for are of the embedded PostgreSQL, which does not run: `data.databases` says where yours are.'
      report({ event: 'warning', message })
    }
    return undefined
  }
  const databases = [...new Set(['auth', 'users', 'movies', ...names])]
  return startEmbeddedDatabases({ config, folder, group, databases, report })
}

/** Says how shards that joined later come to their part. */
const tellOfEmptyShards = async (embedded: EmbeddedDatabases | undefined, report: Report): Promise<void> => {
  // A server that died just now comes back, and is no reason not to start.
  const shards = (await embedded?.emptyShards().catch(() => [])) ?? []
  if (shards.length > 0) report({ event: 'shards-empty', shards })
}

const runs = (plans: readonly SubgraphPlan[], name: string): boolean =>
  plans.some(plan => plan.name === name && plan.script !== undefined)

const demoOf = async (
  context: StartContext,
  folder: DataFolder,
  url: string,
  plans: readonly SubgraphPlan[],
): Promise<DemoAccount | null> => {
  const { config, configFile } = context.options
  if (!config.demo || hasOwnDatabases(configFile, context.env) || !runs(plans, 'auth')) return null
  try {
    return await demoAccount(folder.demo, url, { users: runs(plans, 'users'), movies: runs(plans, 'movies') })
  } catch (error) {
    const message = `The demo could not be made (the next start tries again): ${(error as Error).message}`
    context.report({ event: 'warning', message })
    return null
  }
}

/** Loaded when it is wanted: an idle platform stays small. */
const startMetrics = async (
  { options, report }: StartContext,
  closers: Closers,
): Promise<Report | undefined> => {
  const { host, metrics } = options.config
  if (metrics.port === 0) return undefined
  const [{ platformMetrics }, { serveMetrics }] = await Promise.all([
    import('./platform-metrics.ts'),
    import('./serve-metrics.ts'),
  ])
  const { hear, registry } = platformMetrics()
  const { url, close } = await serveMetrics(registry, { host, port: metrics.port })
  await closers.add(close)
  report({ event: 'note', message: `metrics of the platform: ${url}` })
  return hear
}

const begin = async (context: StartContext, closers: Closers): Promise<RunningPlatform> => {
  const { options, env, force } = context
  const { config, configFile } = options
  const startedMs = performance.now()
  const folder = await takeFolder(options, closers)
  context.report({ event: 'starting', folder: folder.path, pid: process.pid })
  const port = await choosePort(config.host, config.port)
  const readAtMs = Date.now()
  const all = await readSupergraphFile(options.supergraph, env)
  requireKnown(config.only, all.names)
  const wanted = all.subgraphs.filter(({ name }) => config.only.length === 0 || config.only.includes(name))

  const state = stateKeeper(folder.state)
  await closers.add(state.remove)
  const hear = await startMetrics(context, closers)
  const report: Report = event => {
    context.report(event)
    hear?.(event)
    if (/^(service|database)-/.test(event.event)) state.update()
  }
  const group = new ServiceGroup({ config, logs: folder.logs, closers, report })
  force.addEventListener('abort', () => group.kill(), { once: true })
  const ending = new AbortController()
  const signal = AbortSignal.any([context.signal, ending.signal])
  // Set to nothing, as a compose file does with a variable that is not there, is not set.
  const given = env['MARQUEE_SECRET'] ?? ''
  const secret = given === '' ? await keptSecret(folder.secret) : given
  const composing = { folder, file: options.supergraph, only: config.only, env, signal, report }

  const names = wanted.map(({ name }) => name)
  const [embedded, plans] = await Promise.all([
    startDatabases({ ...context, report }, folder, group, names),
    planSubgraphs(wanted),
    composeInto(composing),
  ])
  const common = commonEnvironment(env, configFile, secret, embedded?.topology())
  const films = bringFilms({
    wanted: config.import && runs(plans, 'movies'),
    isNew: embedded !== undefined && !(await exists(folder.films)),
    marker: folder.films,
    env: common,
    signal,
    report,
  })
  await closers.add(async () => {
    ending.abort()
    await films.ended
  })
  const gateway = gatewayProcess(
    { host: config.host, port, supergraph: folder.supergraph, plans, configFile },
    common,
  )
  await Promise.all([
    group.startProcesses(subgraphProcesses(plans, common)),
    group.startProcesses([gateway]),
    films.first,
  ])
  const url = group.urlOf(gateway.name)
  await films.ifMissing(url)
  await tellOfEmptyShards(embedded, report)
  const demo = await demoOf(context, folder, url, plans)
  signal.throwIfAborted()
  if (config.watch) await closers.add(await watchFiles(all.inputs, readAtMs, () => composeAgain(composing)))

  const { advisor } = readSection('data', dataConfig, { data: configFile.data, env, file: configFile.path })
  const advice = startAdvisor({
    everyMinutes: advisor.everyMinutes,
    env: { ...common, MARQUEE_PLATFORM_DATA: folder.path },
    signal,
    report,
  })
  const archives =
    embedded === undefined
      ? undefined
      : watchArchives({ config, topology: embedded.topology, signal, report })
  await closers.add(async () => {
    ending.abort()
    await Promise.all([advice, archives])
  })

  await state.keep(() => ({
    url,
    folder: folder.path,
    services: group.status,
    demo,
    databases: embedded?.topology() ?? {},
  }))
  const services = group.status.map(({ name, pid, url }) => ({ name, pid, url }))
  const startedInMs = Math.round(performance.now() - startedMs)
  context.report({ event: 'ready', url, pid: process.pid, services, demo, folder: folder.path, startedInMs })
  return {
    url,
    demo,
    services: () => group.status,
    stop: async () => {
      context.report({ event: 'stopping' })
      const errors = await closers.close()
      for (const error of errors) context.report({ event: 'warning', message: String(error) })
      context.report({ event: 'stopped' })
    },
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error)
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })

/**
 * Starts the whole platform and waits until it answers.
 * @throws what kept it from starting; then everything that had been started is stopped again
 */
export const startPlatform = async (context: StartContext): Promise<RunningPlatform> => {
  const closers = new Closers()
  try {
    return await Promise.race([begin(context, closers), aborted(context.signal)])
  } catch (error) {
    await closers.close()
    throw error
  }
}
