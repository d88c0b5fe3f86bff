import type { Command } from 'commander'
import type { DbMigrateFlags } from '../tools/run-db-migrate.ts'
import { parseNames } from './arguments.ts'

export const addDbMigrate = (db: Command, exit: (code: number) => void): void => {
  db.command('migrate')
    .description('bring the schema to what the code expects, on all shards or on none')
    .option('--plan', 'change nothing; show SQL, locks and rows; exit 1 when something would be refused')
    .option('--allow-risky', 'also what rewrites a big table, or keeps others waiting for long')
    .option('--only <domains>', 'these alone: auth,users', parseNames)
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--database-url <url>', 'work on this database, whether or not a platform runs')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (flags: DbMigrateFlags) => {
      // Loaded when it is used: the data layer takes its time.
      const { runDbMigrate } = await import('../tools/run-db-migrate.ts')
      exit(await runDbMigrate(flags))
    })
}
