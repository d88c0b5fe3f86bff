import { basename, join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { archiveHistories, archiveSettings, type Archive } from './archive.ts'
import { copyBinaries, hydrateLinks, installedBinaries, type Binaries } from './binaries.ts'
import { clusterVersion, superuser } from './cluster.ts'
import { systemIdentifier } from './cluster-role.ts'
import { ensureDatabases } from './ensure-databases.ts'
import { dropMisleadingPidFile, giveUpOwnership, stopOrphan, takeOwnership } from './ownership.ts'
import { placeServer, sharedFolder, type Placement } from './placement.ts'
import { startPostmaster, type Exit, type Postmaster } from './postmaster.ts'
import { signal, stopPostmaster } from './processes.ts'
import { canReach, type RunAs } from './run-as.ts'
import { choosePort, readState, writeState } from './server-state.ts'
import { writeSettings, type Settings } from './settings.ts'

export type ServerOptions = Readonly<{
  /** Where the server's files are to live. Made when it is absent. */
  folder: string
  /** TCP port on 127.0.0.1. Without it: the port of last time, if free, else any free one. */
  port?: number
  /** Gets a line for each thing that a person may want to know: relocation, recovery of an orphan, a new cluster. */
  log?: (line: string) => void
  /** false trades safety for speed: for tests. Default true. */
  durable?: boolean
  /** PostgreSQL settings over our own. */
  settings?: Settings
  /** Where the log is put; without it, the server keeps what it needs itself. */
  archive?: Archive
}>

/** A PostgreSQL server that this process started. */
export type PostgresServer = Readonly<{
  port: number
  pid: number
  /** Where the files really are. */
  folder: string
  /** PostgreSQL's own folder, in it. */
  data: string
  /** True when that is not the folder asked for. */
  relocated: boolean
  logFile: string
  /** The user that the server runs as, when it is not this process's. */
  user: string | null
  /** Address of a database, with user and password. */
  url: (database: string) => string
  /** Creates the databases that are missing. */
  ensureDatabases: (names: readonly string[]) => Promise<void>
  /** Puts other settings in the place of `settings`; the server reads them without a restart. */
  reconfigure: (settings: Settings) => Promise<void>
  /** Settles when the server has ended, however it did. */
  exited: Promise<Exit>
  /** Fast shutdown; immediate after 10 s. May be called twice. */
  stop: () => Promise<void>
}>

export type Filling = Readonly<{
  binaries: Binaries
  placement: Placement
  /** Of the superuser. */
  password: string
  /** The folder holds a cluster of this version of PostgreSQL. */
  isFilled: boolean
  durable: boolean
  log: (line: string) => void
}>

/** How a server comes to its data. */
export type Source = Readonly<{
  /** Makes the data folder, or leaves it when it is what is wanted. */
  prepareData: (filling: Filling) => Promise<void>
  /** When the data comes with one. */
  password?: string
}>

/** Binaries that `runAs` can reach and that have all their links. */
const usableBinaries = async (runAs: RunAs, log: (line: string) => void): Promise<Binaries> => {
  const installed = await installedBinaries()
  if ((await canReach(runAs, installed.initdb)) && (await hydrateLinks(installed))) return installed
  const cache = await sharedFolder(runAs)
  return copyBinaries(installed, cache, () =>
    log(`PostgreSQL's programs are copied to ${cache}, where its user can reach them`),
  )
}

/** Settings that stay for as long as the server runs. */
const standingSettings = async (
  { folder, data, runAs }: Placement,
  { archive }: ServerOptions,
): Promise<Settings> => {
  if (archive === undefined) return {}
  const system = (await systemIdentifier(data)) ?? 'unknown'
  await archiveHistories(data, runAs)
  return archiveSettings(archive, basename(folder), system, runAs)
}

const prepare = async (
  placement: Placement,
  options: ServerOptions,
  source: Source,
  log: (line: string) => void,
) => {
  const { folder, data, runAs } = placement
  const logFile = join(folder, 'postgres.log')
  const { durable = true } = options
  const kept = await readState(folder)
  const state = { ...kept, password: source.password ?? kept.password }
  const binaries = await usableBinaries(runAs, log)
  const orphan = await stopOrphan(data)
  if (orphan !== undefined)
    log(`a PostgreSQL that a killed platform had left behind (process ${orphan}) was stopped`)
  const version = await clusterVersion(data)
  const [ours] = binaries.version.split('.')
  if (version !== undefined && version !== ours) {
    const reason = `the data in ${data} is of PostgreSQL ${version}, and this is PostgreSQL ${ours}`
    throw new MarqueeError('POSTGRES_START_FAILED', { reason, log: logFile })
  }
  await writeState(folder, state)
  const { password } = state
  await source.prepareData({ binaries, placement, password, isFilled: version !== undefined, durable, log })
  await dropMisleadingPidFile(data)
  const standing = await standingSettings(placement, options)
  await writeSettings(data, durable, runAs, { ...standing, ...options.settings })
  const port = await choosePort(options.port, state.port)
  await writeState(folder, { ...state, port })
  return { binaries, port, password, logFile, durable, standing }
}

const urlsOf =
  (port: number, password: string) =>
  (database: string): string =>
    `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`

type Prepared = Awaited<ReturnType<typeof prepare>>

const serverOf = (placement: Placement, postmaster: Postmaster, prepared: Prepared): PostgresServer => {
  const { port, password, logFile, durable, standing } = prepared
  const { folder, data, relocated, runAs } = placement
  const url = urlsOf(port, password)
  const hasEnded = (): boolean => postmaster.child.exitCode !== null || postmaster.child.signalCode !== null
  const stop = async (): Promise<void> => {
    // Once it has ended, its id may belong to anybody.
    if (!hasEnded()) await stopPostmaster(postmaster.pid, 10_000)
    await postmaster.exited
    await giveUpOwnership(folder)
  }
  let stopping: Promise<void> | undefined
  return Object.freeze({
    port,
    pid: postmaster.pid,
    folder,
    data,
    relocated,
    logFile,
    user: runAs?.name ?? null,
    url,
    ensureDatabases: (names: readonly string[]) => ensureDatabases(url, names),
    reconfigure: async (settings: Settings) => {
      await writeSettings(data, durable, runAs, { ...standing, ...settings })
      if (!hasEnded()) signal(postmaster.pid, 'SIGHUP')
    },
    exited: postmaster.exited,
    stop: () => (stopping ??= stop()),
  })
}

/**
 * Starts PostgreSQL 18 on 127.0.0.1 over the files in a folder. Works as root, where the server runs as `postgres` or
 * `nobody`, and as any other user. A server that a killed process had left behind is stopped first. The caller ends it
 * by `stop`: it outlives this process otherwise.
 * @throws POSTGRES_START_FAILED, FOLDER_IN_USE, FOLDER_UNWRITABLE, PORT_IN_USE, and what `source` throws
 */
export const startServer = async (options: ServerOptions, source: Source): Promise<PostgresServer> => {
  const { log = () => undefined } = options
  const placement = await placeServer(options.folder)
  if (placement.relocated) {
    const who = placement.runAs?.name ?? 'its user'
    log(`PostgreSQL runs as ${who}, who cannot reach ${placement.wanted}: its data is in ${placement.folder}`)
  }
  await takeOwnership(placement.folder, placement.data)
  try {
    const prepared = await prepare(placement, options, source, log)
    const postmaster = await startPostmaster(prepared.binaries, placement, prepared.port, prepared.logFile)
    return serverOf(placement, postmaster, prepared)
  } catch (error) {
    await giveUpOwnership(placement.folder)
    throw error
  }
}
