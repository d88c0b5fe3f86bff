import { InvalidArgumentError, Option, type Command } from 'commander'
import type { DoctorFlags } from '../tools/run-doctor.ts'
import { parseNames } from './arguments.ts'

const defaultSeconds = 10

const parseSeconds = (text: string): number => {
  const seconds = Number(text)
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > 86_400)
    throw new InvalidArgumentError('Seconds are a whole number from 1 to 86400.')
  return seconds
}

export const addDbDoctor = (db: Command, exit: (code: number) => void): void => {
  db.command('doctor')
    .description('find what is wrong with the databases, and what mends it; exit 1 when there is something')
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--database-url <url>', 'look at this database, whether or not a platform runs')
    .option('--only <names>', 'look at these databases alone: movies,users', parseNames)
    .option('--apply', 'run the SQL that is safe: CREATE INDEX CONCURRENTLY, ANALYZE, new partitions')
    .option('--yes', 'with --apply: do not ask')
    .option(
      '--watch [seconds]',
      'look again every so often (default: 10) and tell what changes',
      parseSeconds,
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 from this severity on')
        .choices(['info', 'warning', 'critical', 'never'])
        .default('warning'),
    )
    .option('--json', 'one JSON object a line, for scripts')
    .action(async ({ watch, ...flags }: Omit<DoctorFlags, 'watch'> & { watch?: number | true }) => {
      // Loaded when it is used: the data layer takes its time.
      const { runDbDoctor } = await import('../tools/run-doctor.ts')
      const seconds = watch === true ? defaultSeconds : watch
      exit(await runDbDoctor({ ...flags, ...(seconds === undefined ? {} : { watch: seconds }) }))
    })
}
