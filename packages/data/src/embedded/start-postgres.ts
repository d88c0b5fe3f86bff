import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { copyBinaries, hydrateLinks, installedBinaries, type Binaries } from './binaries.ts'
import { createCluster, clusterVersion, superuser } from './cluster.ts'
import { ensureDatabases } from './ensure-databases.ts'
import { dropMisleadingPidFile, giveUpOwnership, stopOrphan, takeOwnership } from './ownership.ts'
import { placeServer, sharedFolder, type Placement } from './placement.ts'
import { startPostmaster, type Exit, type Postmaster } from './postmaster.ts'
import { stopPostmaster } from './processes.ts'
import { canReach, type RunAs } from './run-as.ts'
import { choosePort, readState, writeState } from './server-state.ts'
import { writeSettings } from './settings.ts'

export type PostgresOptions = Readonly<{
  /** Where the server's files are to live. Made when it is absent. */
  folder: string
  /** TCP port on 127.0.0.1. Without it: the port of last time, if free, else any free one. */
  port?: number
  /** Gets a line for each thing that a person may want to know: relocation, recovery of an orphan, a new cluster. */
  log?: (line: string) => void
  /** false trades safety for speed: for tests. Default true. */
  durable?: boolean
  /** Makes a missing cluster another way than by initdb: from a copy, for tests. */
  createCluster?: typeof createCluster
}>

/** A PostgreSQL server that this process started. */
export type PostgresServer = Readonly<{
  port: number
  pid: number
  /** Where the files really are. */
  folder: string
  /** True when that is not the folder asked for. */
  relocated: boolean
  logFile: string
  /** The user that the server runs as, when it is not this process's. */
  user: string | null
  /** Address of a database, with user and password. */
  url: (database: string) => string
  /** Creates the databases that are missing. */
  ensureDatabases: (names: readonly string[]) => Promise<void>
  /** Settles when the server has ended, however it did. */
  exited: Promise<Exit>
  /** Fast shutdown; immediate after 10 s. May be called twice. */
  stop: () => Promise<void>
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

const prepare = async (placement: Placement, options: PostgresOptions, log: (line: string) => void) => {
  const { folder, data, runAs } = placement
  const logFile = join(folder, 'postgres.log')
  const { durable = true } = options
  const state = await readState(folder)
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
  if (version === undefined) {
    log(`making a new database cluster in ${data}`)
    await writeState(folder, state)
    await (options.createCluster ?? createCluster)(binaries, placement, state.password, durable)
  }
  await dropMisleadingPidFile(data)
  await writeSettings(data, durable, runAs)
  const port = await choosePort(options.port, state.port)
  await writeState(folder, { ...state, port })
  return { binaries, port, password: state.password, logFile }
}

const serverOf = (
  placement: Placement,
  postmaster: Postmaster,
  port: number,
  password: string,
  logFile: string,
) => {
  const url = (database: string): string =>
    `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
  const stop = async (): Promise<void> => {
    // Once it has ended, its id may belong to anybody.
    const { exitCode, signalCode } = postmaster.child
    if (exitCode === null && signalCode === null) await stopPostmaster(postmaster.pid, 10_000)
    await postmaster.exited
    await giveUpOwnership(placement.folder)
  }
  let stopping: Promise<void> | undefined
  return Object.freeze({
    port,
    pid: postmaster.pid,
    folder: placement.folder,
    relocated: placement.relocated,
    logFile,
    user: placement.runAs?.name ?? null,
    url,
    ensureDatabases: (names: readonly string[]) => ensureDatabases(url, names),
    exited: postmaster.exited,
    stop: () => (stopping ??= stop()),
  })
}

/**
 * Starts PostgreSQL 18 on 127.0.0.1 over the files in a folder, making them when there are none. Works as root, where
 * the server runs as `postgres` or `nobody`, and as any other user. A server that a killed process had left behind is
 * stopped first. The caller ends it by `stop`: it outlives this process otherwise.
 * @throws POSTGRES_START_FAILED, FOLDER_IN_USE, FOLDER_UNWRITABLE, PORT_IN_USE
 */
export const startPostgres = async (options: PostgresOptions): Promise<PostgresServer> => {
  const { log = () => undefined } = options
  const placement = await placeServer(options.folder)
  if (placement.relocated) {
    const who = placement.runAs?.name ?? 'its user'
    log(`PostgreSQL runs as ${who}, who cannot reach ${placement.wanted}: its data is in ${placement.folder}`)
  }
  await takeOwnership(placement.folder, placement.data)
  try {
    const { binaries, port, password, logFile } = await prepare(placement, options, log)
    const postmaster = await startPostmaster(binaries, placement, port, logFile)
    return serverOf(placement, postmaster, port, password, logFile)
  } catch (error) {
    await giveUpOwnership(placement.folder)
    throw error
  }
}
