import { InvalidArgumentError, type Command } from 'commander'
import type { SeedFlags } from '../tools/run-seed.ts'

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
    return number
  }

const day = (text: string): Date => {
  const date = new Date(`${text}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(date.getTime()) || date.getTime() > Date.now())
    throw new InvalidArgumentError('It is a day that is past, as 2026-01-31.')
  return date
}

export const addSeed = (program: Command): void => {
  program
    .command('seed')
    .description('fill the databases with made-up people: the same ones each time; goes on after a kill')
    .requiredOption('--users <number>', 'how many: about 10 rows each', whole(1, 10_000_000))
    .option('--seed <number>', 'other people for another number', whole(0, 4_294_967_295), 1)
    .option('--until <day>', 'the last day of their doings', day, new Date('2026-01-01T00:00:00Z'))
    .option('--force', 'although there are other users already; nothing of theirs is touched')
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (flags: SeedFlags) => {
      // Loaded when it is used: the data layer takes its time.
      const { runSeed } = await import('../tools/run-seed.ts')
      await runSeed(flags)
    })
}
