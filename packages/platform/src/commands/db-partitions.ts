import type { Command } from 'commander'
import type { DbPartitionsFlags } from '../tools/run-db-partitions.ts'

export const addDbPartitions = (db: Command, exit: (code: number) => void): void => {
  db.command('partitions')
    .description('list the partitions of every table; exit 1 when months ahead have none')
    .option('--apply', 'make what is missing and retire what `data.partitions` retires, now')
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--database-url <url>', 'look at this database, whether or not a platform runs')
    .option('--json', 'as one JSON object, for scripts')
    .action(async (flags: DbPartitionsFlags) => {
      // Loaded when it is used: the data layer takes its time.
      const { runDbPartitions } = await import('../tools/run-db-partitions.ts')
      exit(await runDbPartitions(flags))
    })
}
