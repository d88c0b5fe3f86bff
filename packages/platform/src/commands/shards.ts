import type { Command } from 'commander'
import type { MoveFlags } from '../shards/run-moves.ts'
import type { ShardsFlags } from '../shards/sharded-database.ts'

// Loaded when it is used: the data layer takes its time.
const moves = () => import('../shards/run-moves.ts')
const looks = () => import('../shards/run-shards-status.ts')

const withUsual = (command: Command): Command =>
  command
    .option('--database <name>', 'which sharded database (default: all; `move` wants one)')
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--json', 'one JSON object a line, for scripts')

const withYes = (command: Command): Command => withUsual(command).option('--yes', 'do not ask')

const addLooks = (shards: Command, exit: (code: number) => void): void => {
  withUsual(shards.command('status'))
    .description('say who has which buckets; exit 1 when a shard does not answer or a move is unfinished')
    .action(async (flags: ShardsFlags) => exit(await (await looks()).runShardsStatus(flags)))
  withUsual(shards.command('plan'))
    .description('say what `rebalance` would do, or `drain`, or `move`; changes nothing')
    .option('--drain <shard>', 'what `drain` of this shard would do')
    .option('--from <shard>', 'what `move` from this shard would do')
    .option('--to <shard>', 'to this shard')
    .option('--buckets <list>', 'these buckets: 0-99,120')
    .action(async (flags: MoveFlags) => exit(await (await moves()).runPlan(flags)))
  withUsual(shards.command('add <shard>'))
    .description('see whether a shard of the configuration is ready for buckets; exit 1 when it is not')
    .action(async (shard: string, flags: ShardsFlags) => exit(await (await looks()).runAdd(shard, flags)))
}

export const addShards = (program: Command, exit: (code: number) => void): void => {
  const shards = program.command('shards').description('move data between shards, while it is used')
  addLooks(shards, exit)
  withYes(shards.command('move'))
    .description('move buckets from one shard to another')
    .requiredOption('--from <shard>', 'from this shard')
    .requiredOption('--to <shard>', 'to this shard')
    .option('--buckets <list>', 'these buckets: 0-99,120 (default: all that it has)')
    .action(async (flags: MoveFlags) => exit(await (await moves()).runMove(flags)))
  withYes(shards.command('rebalance'))
    .description('spread the buckets evenly over all shards')
    .action(async (flags: MoveFlags) => exit(await (await moves()).runRebalance(flags)))
  withYes(shards.command('drain <shard>'))
    .description('move all buckets of a shard to the others')
    .action(async (shard: string, flags: MoveFlags) => exit(await (await moves()).runDrain(shard, flags)))
  withUsual(shards.command('resume'))
    .description('go on with a move that was broken off')
    .action(async (flags: ShardsFlags) => exit(await (await moves()).runResume(flags)))
  withUsual(shards.command('abort'))
    .description('give a move up that has given no bucket to its target yet')
    .action(async (flags: ShardsFlags) => exit(await (await moves()).runAbort(flags)))
}
