import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { archiveOf } from '../embedded/archive.ts'
import { installedBinaries } from '../embedded/binaries.ts'
import { clusterVersion } from '../embedded/cluster.ts'
import { isOwnerGone, runningPostmaster, stopOrphan } from '../embedded/ownership.ts'
import { placeServer, type Placement } from '../embedded/placement.ts'
import { membersOf } from '../embedded/replica-set-members.ts'
import { checkBackup } from './check-backup.ts'
import { finishRestore, writeSteps, type Steps } from './finish-restore.ts'
import { freeBytes, megabytes } from './folder-size.ts'
import type { BackedUpServer, Manifest } from './manifest.ts'
import { exists } from './staging.ts'
import { recoverServer, type Recovered, type RecoveryTarget } from './recover-server.ts'

export type RestoreProgress = Readonly<{ step: 'checking' | 'copying'; done: number; total: number }>

export type RestoreOptions = Readonly<{
  /** One backup. */
  backup: string
  /** Data folder of the platform, which this process has locked. */
  folder: string
  /** Where the first server of a shard lives, from 1 on; all that may have data. */
  shards: readonly string[]
  /** Undefined: the moment of the backup. */
  target?: RecoveryTarget
  /** Where the log of a replica set is archived, should it not be where it was. */
  archiveFolder?: (name: string) => string
  /** Data that is there is moved aside. */
  force: boolean
  log?: (line: string) => void
  onProgress?: (progress: RestoreProgress) => void
  signal?: AbortSignal
}>

export type RestoredServer = Readonly<{ name: string } & Omit<Recovered, 'folder' | 'data'>>
export type Restored = Readonly<{
  manifest: Manifest
  servers: readonly RestoredServer[]
  /** Where that is now what was there before. */
  movedAside: readonly string[]
}>

const asideMark = '.before-restore-'

const refused = (reason: string): MarqueeError => new MarqueeError('RESTORE_REFUSED', { reason })

/** Every place in which a server of the platform has data. @throws RESTORE_REFUSED when one runs */
const placesWithData = async (shards: readonly string[]): Promise<readonly Placement[]> => {
  const found: Placement[] = []
  for (const { folder } of shards.flatMap(shard => membersOf('', shard))) {
    if (!(await exists(folder))) continue
    const place = await placeServer(folder)
    if ((await clusterVersion(place.data)) === undefined) continue
    if (await isOwnerGone(place.folder)) await stopOrphan(place.data)
    const pid = await runningPostmaster(place.data)
    if (pid !== undefined) throw refused(`a PostgreSQL runs over ${place.data} (process ${pid})`)
    found.push(place)
  }
  return found
}

const momentTarget = ({ moment }: Manifest): RecoveryTarget => ({
  kind: 'time',
  time: moment,
  timeline: 'current',
})

const requireReachable = (manifest: Manifest, target: RecoveryTarget): void => {
  if (target.kind === 'lsn' && manifest.servers.length > 1)
    throw refused('an LSN is of one server, and this backup is of several: use `--to-time`')
  if (target.kind === 'time' && new Date(target.time) < new Date(manifest.moment))
    throw refused(
      `the backup is of ${manifest.moment}, and ${target.time} was before that: take an older backup`,
    )
}

const requireSpace = async (folder: string, { bytes }: Manifest): Promise<void> => {
  const free = await freeBytes(folder)
  if (bytes > free) throw refused(`it needs ${megabytes(bytes)}, and ${folder} has ${megabytes(free)} left`)
}

/** The folder with a server's archived log; undefined when there is none. */
const findArchive = async (
  { name, system, archive }: BackedUpServer,
  { archiveFolder }: RestoreOptions,
): Promise<string | undefined> => {
  const named = archiveFolder === undefined ? undefined : archiveFolder(name)
  const moved =
    named === undefined || !(await exists(named))
      ? undefined
      : archiveOf((await placeServer(named)).folder, system)
  for (const folder of [moved, archive]) {
    if (folder !== undefined && folder !== null && (await exists(folder))) return folder
  }
  return undefined
}

const recoverAll = async (
  options: RestoreOptions,
  manifest: Manifest,
): Promise<readonly Readonly<{ server: BackedUpServer; recovered: Recovered }>[]> => {
  const { backup, shards, target = momentTarget(manifest), log = () => undefined, onProgress } = options
  let done = 0
  const all: { server: BackedUpServer; recovered: Recovered }[] = []
  try {
    for (const server of manifest.servers) {
      const folder = shards[server.shard - 1]
      if (folder === undefined) throw new Error(`there is no place for shard ${server.shard}`)
      const archive = await findArchive(server, options)
      if (archive === undefined && options.target !== undefined && options.target.kind !== 'latest')
        log(`${server.name}: there is no archive of its log; the backup's own has to do`)
      const recovered = await recoverServer({
        backup,
        manifest,
        server,
        folder,
        target,
        archive,
        log,
        signal: options.signal,
        onBytes: bytes => {
          options.signal?.throwIfAborted()
          done += bytes
          onProgress?.({ step: 'copying', done, total: manifest.bytes })
        },
      })
      all.push({ server, recovered })
    }
    return all
  } catch (error) {
    for (const { recovered } of all) await rm(recovered.folder, { recursive: true, force: true })
    throw error
  }
}

/** Old data aside, then new data and the files that belong to it into their places. */
const stepsFor = async (
  options: RestoreOptions,
  manifest: Manifest,
  old: readonly Placement[],
  recovered: readonly Recovered[],
): Promise<Steps> => {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const steps: { from: string; to: string }[] = []
  // What is not there now must not be looked for later: by then the new file has its name.
  const moveAside = async (path: string): Promise<void> => {
    if (await exists(path)) steps.push({ from: path, to: `${path}${asideMark}${stamp}` })
  }
  for (const { folder } of old)
    for (const name of ['data', 'fenced', 'server.json']) await moveAside(join(folder, name))
  for (const { folder, data } of recovered) {
    const place = dirname(folder)
    const isOld = old.some(one => one.folder === place)
    // Without data it is of no use, and may be there all the same.
    if (!isOld) await moveAside(join(place, 'server.json'))
    steps.push({ from: data, to: join(place, 'data') })
    steps.push({ from: join(folder, 'server.json'), to: join(place, 'server.json') })
  }
  for (const name of manifest.kept) {
    const path = join(options.folder, name)
    const source = `${path}.restoring`
    await writeFile(source, await readFile(join(options.backup, 'platform', name)), {
      mode: 0o600,
      flush: true,
    })
    await moveAside(path)
    steps.push({ from: source, to: path })
  }
  return steps
}

/**
 * Restores a backup: checks it, recovers every server beside what is there, and only when all of them are where they
 * shall be puts them into their places; what was there is moved aside.
 * @throws BACKUP_DAMAGED, RESTORE_REFUSED, RESTORE_FAILED: nothing has changed then
 */
export const restore = async (options: RestoreOptions): Promise<Restored> => {
  const { backup, folder, shards, force, onProgress } = options
  await finishRestore(folder, shards)
  const old = await placesWithData(shards)
  if (old.length > 0 && !force) throw refused(`${folder} has data already (${old[0]?.data})`)
  const [major = ''] = (await installedBinaries()).version.split('.')
  const manifest = await checkBackup(backup, major, (done, total) =>
    onProgress?.({ step: 'checking', done, total }),
  )
  requireReachable(manifest, options.target ?? momentTarget(manifest))
  await mkdir(folder, { recursive: true })
  await requireSpace(folder, manifest)
  let all: Awaited<ReturnType<typeof recoverAll>>
  try {
    all = await recoverAll(options, manifest)
  } catch (error) {
    if (error instanceof MarqueeError) throw error
    throw new MarqueeError('RESTORE_FAILED', { reason: (error as Error).message }, { cause: error })
  }
  const steps = await stepsFor(
    options,
    manifest,
    old,
    all.map(({ recovered }) => recovered),
  )
  await writeSteps(folder, steps)
  await finishRestore(folder, shards)
  const aside: string[] = []
  for (const { to } of steps.filter(({ to: place }) => place.includes(`data${asideMark}`)))
    if (await exists(to)) aside.push(to)
  return {
    manifest,
    movedAside: aside,
    servers: all.map(({ server, recovered: { folder: _folder, data: _data, ...reached } }) => ({
      name: server.name,
      ...reached,
    })),
  }
}
