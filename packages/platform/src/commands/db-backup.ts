import { InvalidArgumentError, type Command } from 'commander'
import type { BackupFlags } from '../tools/run-backup.ts'
import type { RestoreFlags } from '../tools/run-restore.ts'

/** A moment with its zone, else it would mean another one elsewhere. */
const parseMoment = (text: string): string => {
  const isMoment = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
  if (text !== 'latest' && (!isMoment || Number.isNaN(Date.parse(text))))
    throw new InvalidArgumentError('Write it as 2026-11-25T14:30:00Z, or `latest`.')
  return text
}

const parseLsn = (text: string): string => {
  if (!/^[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/.test(text))
    throw new InvalidArgumentError('An LSN looks like 0/3000148.')
  return text
}

export const addDbBackup = (db: Command, exit: (code: number) => void): void => {
  db.command('backup')
    .description(
      'back up the embedded PostgreSQL of the running platform, while it works; exit 1 when it fails',
    )
    .option('--to <folder>', 'where backups are kept (default: `platform.backup.folder`)')
    .option('--list', 'show the backups that there are')
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (flags: BackupFlags) => {
      // Loaded when it is used: the data layer takes its time.
      const { runBackup } = await import('../tools/run-backup.ts')
      exit(await runBackup(flags))
    })
  db.command('restore')
    .description('bring the embedded PostgreSQL of a platform that is down to a moment (docs/backup.md)')
    .requiredOption('--from <folder>', 'a backup, or a folder of backups: then the newest that will do')
    .option('--to-time <moment>', '2026-11-25T14:30:00Z, or `latest`: needs the archive', parseMoment)
    .option('--to-lsn <lsn>', 'position in the log; of a platform with one shard', parseLsn)
    .option(
      '--archive <folder>',
      'where the log is archived (default: where it was when the backup was made)',
    )
    .option('--data <folder>', 'data folder to restore into (default: .marquee in the project)')
    .option('--force', 'move data that is there aside')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (flags: RestoreFlags) => {
      const { runRestore } = await import('../tools/run-restore.ts')
      exit(await runRestore(flags))
    })
}
