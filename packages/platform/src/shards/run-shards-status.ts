import { checkShard, printBuckets, reshardingStatus, type ReshardingStatus } from '@marquee/data/resharding'
import { table } from '../terminal/table.ts'
import { bucketsInWords } from './print-plan.ts'
import { findShardedDatabase, type ShardsFlags } from './sharded-database.ts'

const head = ['shard', 'buckets', 'which', 'fenced', 'map version']
const longestList = 50

const shortened = (text: string): string =>
  text.length > longestList ? `${text.slice(0, longestList)} …` : text

const problemsOf = ({ shards, move }: ReshardingStatus): readonly string[] => [
  ...shards.flatMap(({ name, reason }) => (reason === null ? [] : [`${name}: ${reason}`])),
  ...(move === null
    ? []
    : [
        `a move is unfinished: ${bucketsInWords(move.buckets)} from ${move.source} to ${move.target}, step ${move.step}, ${move.flipped.length} moved, since ${move.startedAt.toISOString()}`,
      ]),
]

const print = (status: ReshardingStatus): string => {
  const rows = status.shards.map(({ name, buckets, fenced, mapVersion }) => [
    name,
    String(buckets.length),
    shortened(printBuckets(buckets)),
    fenced.length === 0 ? '' : String(fenced.length),
    String(mapVersion ?? '?'),
  ])
  const problems = problemsOf(status).map(problem => `! ${problem}`)
  const ways =
    status.move === null
      ? []
      : ['  `marquee shards resume` goes on, unless a mover is at work; `marquee shards abort` gives it up']
  return [
    `${status.database}, map version ${status.mapVersion}`,
    '',
    table(head, rows),
    ...problems,
    ...ways,
  ].join('\n')
}

/** `marquee shards status`. @returns the exit code: 1 when a shard does not answer or a move is unfinished */
export const runShardsStatus = async (flags: ShardsFlags): Promise<number> => {
  const status = await reshardingStatus(await findShardedDatabase(flags, 'status'))
  const problems = problemsOf(status)
  const ok = problems.length === 0
  if (flags.json === true) console.log(JSON.stringify({ event: 'shards-status', ok, problems, ...status }))
  else console.log(print(status))
  return ok ? 0 : 1
}

/** `marquee shards add SHARD`: whether a shard of the configuration can be given buckets. @returns the exit code */
export const runAdd = async (shard: string, flags: ShardsFlags): Promise<number> => {
  const problems = await checkShard(await findShardedDatabase(flags, 'add'), shard)
  const ok = problems.length === 0
  if (flags.json === true) console.log(JSON.stringify({ event: 'shard-checked', shard, ok, problems }))
  else if (ok) console.log(`${shard} is ready: \`marquee shards rebalance\` gives it its part.`)
  else console.log([`${shard} is not ready:`, ...problems.map(problem => `! ${problem}`)].join('\n'))
  return ok ? 0 : 1
}
