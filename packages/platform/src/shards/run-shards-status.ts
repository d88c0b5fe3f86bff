import { checkShard, printBuckets, reshardingStatus, type ReshardingStatus } from '@marquee/data/resharding'
import { table } from '../terminal/table.ts'
import { bucketsInWords } from './print-plan.ts'
import { findShardedDatabases, type FoundDatabase, type ShardsFlags } from './sharded-database.ts'

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
  const all = await Promise.all((await findShardedDatabases(flags, 'status')).map(reshardingStatus))
  const told = all.map(status => ({ problems: problemsOf(status), status }))
  if (flags.json !== true) console.log(all.map(print).join('\n\n'))
  for (const { problems, status } of flags.json === true ? told : [])
    console.log(JSON.stringify({ event: 'shards-status', ok: problems.length === 0, problems, ...status }))
  return told.every(({ problems }) => problems.length === 0) ? 0 : 1
}

const checkIn = async (found: FoundDatabase, shard: string, isOne: boolean): Promise<readonly string[]> =>
  (await checkShard(found, shard)).map(problem => (isOne ? problem : `${found.database}: ${problem}`))

/** `marquee shards add SHARD`: whether a shard of the configuration can be given buckets. @returns the exit code */
export const runAdd = async (shard: string, flags: ShardsFlags): Promise<number> => {
  const found = await findShardedDatabases(flags, 'add')
  const problems = (await Promise.all(found.map(one => checkIn(one, shard, found.length === 1)))).flat()
  const ok = problems.length === 0
  if (flags.json === true) console.log(JSON.stringify({ event: 'shard-checked', shard, ok, problems }))
  else if (ok) console.log(`${shard} is ready: \`marquee shards rebalance\` gives it its part.`)
  else console.log([`${shard} is not ready:`, ...problems.map(problem => `! ${problem}`)].join('\n'))
  return ok ? 0 : 1
}
