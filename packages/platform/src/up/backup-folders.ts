import { join, resolve } from 'node:path'
import type { Archive } from '@marquee/data/embedded'
import type { PlatformConfig } from '../config/platform-config.ts'
import type { DataFolder } from './data-folder.ts'
import { setName } from './shard-topology.ts'

type Folder = Pick<DataFolder, 'path'>

/** Where backups go to when nothing else is said. */
export const backupFolder = ({ backup }: PlatformConfig, { path }: Folder): string =>
  resolve(path, backup.folder)

/** Where the servers of all shards archive their log; the one of the data folder when the config names none. */
export const archiveRoot = ({ backup }: PlatformConfig, { path }: Folder): string =>
  resolve(path, typeof backup.archive === 'string' ? backup.archive : 'wal-archive')

/** Where the servers of one shard archive their log. @returns undefined when they do not */
export const archiveOf = (config: PlatformConfig, folder: Folder, shard: number): Archive | undefined => {
  const { archive, archiveTimeoutS } = config.backup
  if (archive === false) return undefined
  return {
    folder: join(archiveRoot(config, folder), setName(shard)),
    mayMove: archive === true,
    timeoutS: archiveTimeoutS,
  }
}

/** Files of the data folder without which the databases are of no use, or would be filled anew. */
export const keptFiles = ({ secret, demo, films }: DataFolder): readonly string[] => [secret, demo, films]
