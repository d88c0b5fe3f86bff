import { resolve } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import {
  backUp,
  listBackups,
  pruneArchive,
  type BackupProgress,
  type BackupResult,
  type BackupSource,
  type ListedBackup,
} from '@marquee/data/backup'
import { bytes } from '../terminal/bytes.ts'
import { progress } from '../terminal/progress.ts'
import { stopOnSignal } from '../terminal/stop-on-signal.ts'
import { table } from '../terminal/table.ts'
import { backupFolder, keptFiles } from '../up/backup-folders.ts'
import { dataFolder, prepareFolder } from '../up/data-folder.ts'
import type { Topology } from '../up/environment.ts'
import { lockFolder } from '../up/folder-lock.ts'
import { dataPath, readPlatformConfig } from '../up/options.ts'
import { setName, shardWriters } from '../up/shard-topology.ts'
import { readRunningState } from '../up/state-file.ts'

export type BackupFlags = Readonly<{ to?: string; list?: boolean; data?: string; json?: boolean }>

const head = ['backup', 'moment', 'size', 'servers', 'PostgreSQL', '']

const rowOf = ({ id, manifest, problem }: ListedBackup): readonly string[] =>
  manifest === null
    ? [id, '', '', '', '', problem]
    : [
        id,
        manifest.moment,
        bytes(manifest.bytes),
        manifest.servers.map(({ name }) => name).join(', '),
        manifest.postgres,
        '',
      ]

const list = async (folder: string, isJson: boolean): Promise<number> => {
  const found = await listBackups(folder)
  if (isJson) {
    for (const { folder: place, id, manifest, problem } of found) {
      const { files: _files, folders: _folders, ...rest } = manifest ?? {}
      console.log(JSON.stringify({ event: 'backup', id, folder: place, problem, ...rest }))
    }
  } else if (found.length === 0) console.log(`There are no backups in ${folder}.`)
  else console.log(table(head, found.map(rowOf)))
  return found.every(({ problem }) => problem === null) ? 0 : 1
}

/** Log that no backup in the folder needs. Only for the folder of the config: others are not known to us all. */
const dropOldLog = async (folder: string): Promise<number> => {
  const found = await listBackups(folder)
  if (found.some(({ manifest }) => manifest === null)) return 0
  // By position, not by age: after a restore to an earlier moment the log goes on from there.
  const first = new Map<string, string>()
  for (const { manifest } of found) {
    for (const { archive, firstSegment } of manifest?.servers ?? []) {
      if (archive === null) continue
      const known = first.get(archive)
      if (known === undefined || firstSegment.slice(8) < known.slice(8)) first.set(archive, firstSegment)
    }
  }
  let count = 0
  for (const [archive, segment] of first) count += await pruneArchive(archive, segment)
  return count
}

const sourcesOf = (topology: Topology): readonly BackupSource[] => {
  const servers = shardWriters(topology).map(({ shard, url }) => ({ name: setName(shard), shard, url }))
  if (servers.length > 0) return servers
  const reason = 'this platform runs on databases of your own, which have their own tools (docs/backup.md)'
  throw new MarqueeError('BACKUP_FAILED', { reason })
}

const eventMs = 200

/** How far a backup is: a bar, or an event now and then, the first one of each step always. */
const progressOf = (isJson: boolean) => {
  const shown = progress('backing up', line => console.error(line))
  let saidMs = -Infinity
  let last = ''
  return {
    end: shown.end,
    show: ({ step, done, total }: BackupProgress): void => {
      // Two halves: the copy, and its sums.
      if (!isJson) return shown.show(done / total + (step === 'checking' ? 1 : 0), 2)
      if (step === last && performance.now() - saidMs < eventMs) return
      last = step
      saidMs = performance.now()
      console.log(JSON.stringify({ event: 'backing-up', step, done, total }))
    },
  }
}

const tell = (result: BackupResult, droppedLog: number, tookMs: number, isJson: boolean): void => {
  const { folder, dropped } = result
  const { moment, bytes: size, postgres, servers } = result.manifest
  const names = servers.map(({ name }) => name)
  if (isJson) {
    const told = { folder, moment, bytes: size, postgres, servers: names, dropped, droppedLog, tookMs }
    console.log(JSON.stringify({ event: 'backed-up', ...told }))
    return
  }
  const seconds = (tookMs / 1000).toFixed(1)
  console.log(`Backed up ${names.join(', ')} as of ${moment} (${bytes(size)}, ${seconds} s): ${folder}`)
  if (dropped.length > 0) console.log(`Deleted, since newer ones are enough: ${dropped.join(', ')}`)
}

const make = async (into: string, isDefault: boolean, flags: BackupFlags, data: string): Promise<number> => {
  const { config } = await readPlatformConfig(process.env)
  const state = await readRunningState(data)
  const servers = sourcesOf(state.databases as Topology)
  const startedMs = performance.now()
  await prepareFolder(into)
  const unlock = await lockFolder(into)
  const isJson = flags.json === true
  const stop = stopOnSignal()
  const shown = progressOf(isJson)
  try {
    const result = await backUp({
      servers,
      into,
      kept: keptFiles(dataFolder(data)),
      keep: config.backup.keep,
      signal: stop.signal,
      onProgress: shown.show,
    })
    const droppedLog = isDefault ? await dropOldLog(into) : 0
    shown.end()
    tell(result, droppedLog, Math.round(performance.now() - startedMs), isJson)
    return 0
  } finally {
    shown.end()
    stop.end()
    await unlock()
  }
}

/**
 * Backs the running platform up, or lists its backups.
 * @returns the exit code: 1 when a backup in the list cannot be used
 * @throws NOT_RUNNING, BACKUP_FAILED, FOLDER_IN_USE, FOLDER_UNWRITABLE
 */
export const runBackup = async (flags: BackupFlags): Promise<number> => {
  const { config, configFile } = await readPlatformConfig(process.env)
  const data = dataPath(flags.data, config, configFile, process.env)
  const byDefault = backupFolder(config, { path: data })
  const into = flags.to === undefined ? byDefault : resolve(flags.to)
  return flags.list === true ? list(into, flags.json === true) : make(into, into === byDefault, flags, data)
}
