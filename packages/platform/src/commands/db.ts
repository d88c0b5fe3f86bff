import type { Command } from 'commander'
import type { DbStatusFlags } from '../tools/run-db-status.ts'
import { addDbBackup } from './db-backup.ts'
import { addDbDoctor } from './db-doctor.ts'
import { addDbPartitions } from './db-partitions.ts'
import { addDbMigrate } from './db-migrate.ts'

export const addDb = (program: Command, exit: (code: number) => void): void => {
  const db = program.command('db').description('look after the databases')
  db.command('status')
    .description('say how every server of every database is; exit 1 when one is not well')
    .option('--watch', 'again every second, until Ctrl-C')
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (flags: DbStatusFlags) => {
      // Loaded when it is used: the data layer takes its time.
      const { runDbStatus } = await import('../tools/run-db-status.ts')
      exit(await runDbStatus(flags))
    })
  addDbDoctor(db, exit)
  addDbBackup(db, exit)
  addDbPartitions(db, exit)
  addDbMigrate(db, exit)
}
