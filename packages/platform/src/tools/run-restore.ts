import { resolve } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { listBackups, restore, type RecoveryTarget, type Restored } from '@marquee/data/backup'
import { stopOnSignal } from '../terminal/stop-on-signal.ts'
import { progress } from '../terminal/progress.ts'
import { archiveRoot } from '../up/backup-folders.ts'
import { dataFolder, prepareFolder, shardFolders } from '../up/data-folder.ts'
import { lockFolder } from '../up/folder-lock.ts'
import { dataPath, readPlatformConfig } from '../up/options.ts'

export type RestoreFlags = Readonly<{
  from: string
  toTime?: string
  toLsn?: string
  archive?: string
  data?: string
  force?: boolean
  json?: boolean
}>

const targetOf = ({ toTime, toLsn }: RestoreFlags): RecoveryTarget | undefined => {
  if (toTime !== undefined && toLsn !== undefined) {
    const reason = '`--to-time` and `--to-lsn` go not together'
    throw new MarqueeError('USAGE_INVALID', { reason, command: 'db restore' })
  }
  if (toLsn !== undefined) return { kind: 'lsn', lsn: toLsn }
  if (toTime === undefined) return undefined
  return toTime === 'latest' ? { kind: 'latest' } : { kind: 'time', time: toTime, timeline: 'latest' }
}

/** The backup itself; of a folder of backups, the newest from before the moment. */
const pickBackup = async (from: string, target: RecoveryTarget | undefined): Promise<string> => {
  const found = await listBackups(from)
  if (found.length === 0) return from
  const usable = found.filter(({ manifest }) => {
    if (manifest === null) return false
    return target?.kind !== 'time' || new Date(manifest.moment) <= new Date(target.time)
  })
  const newest = usable.at(-1)
  if (newest !== undefined) return newest.folder
  const reason = `${from} has no backup that can be used${target?.kind === 'time' ? ` and is from before ${target.time}` : ''}`
  throw new MarqueeError('RESTORE_REFUSED', { reason })
}

const print = ({ manifest, servers, movedAside }: Restored, folder: string): string =>
  [
    `Restored into ${folder} from the backup ${manifest.id}:`,
    ...servers.map(
      ({ name, timeline, lsn, lastCommit }) =>
        `  ${name}: last commit ${lastCommit ?? `before ${manifest.startedAt}`} (log up to ${lsn}, timeline ${timeline})`,
    ),
    ...movedAside.map(place => `  What was there is now ${place}`),
    'Start it with `marquee up`. Make a new backup soon: older ones cannot reach beyond this restore.',
  ].join('\n')

/**
 * Restores a backup into a data folder whose platform is down.
 * @returns the exit code
 * @throws BACKUP_DAMAGED, RESTORE_REFUSED, RESTORE_FAILED, FOLDER_IN_USE, FOLDER_UNWRITABLE, USAGE_INVALID
 */
export const runRestore = async (flags: RestoreFlags): Promise<number> => {
  const target = targetOf(flags)
  const { config, configFile } = await readPlatformConfig(process.env)
  const folder = dataFolder(dataPath(flags.data, config, configFile, process.env))
  const backup = await pickBackup(resolve(flags.from), target)
  await prepareFolder(folder.path)
  const unlock = await lockFolder(folder.path)
  const stop = stopOnSignal()
  const shown = progress('restoring', line => console.error(line))
  const archive = flags.archive === undefined ? archiveRoot(config, folder) : resolve(flags.archive)
  try {
    const restored = await restore({
      backup,
      folder: folder.path,
      shards: shardFolders(folder),
      ...(target === undefined ? {} : { target }),
      archiveFolder: name => resolve(archive, name),
      force: flags.force === true,
      signal: stop.signal,
      log: line => {
        if (flags.json === true) console.log(JSON.stringify({ event: 'note', message: line }))
        else shown.print(`  ${line}`)
      },
      onProgress: ({ step, done, total }) => {
        if (flags.json !== true) shown.show(done + (step === 'copying' ? total : 0), total * 2)
      },
    })
    shown.end()
    const { manifest, servers, movedAside } = restored
    if (flags.json === true) {
      const { id, moment } = manifest
      console.log(
        JSON.stringify({ event: 'restored', backup: id, moment, folder: folder.path, servers, movedAside }),
      )
    } else console.log(print(restored, folder.path))
    return 0
  } finally {
    shown.end()
    stop.end()
    await unlock()
  }
}
