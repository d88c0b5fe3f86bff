import {
  abortMove,
  drainShard,
  holdingsOf,
  moveBuckets,
  parseBuckets,
  planMove,
  rebalance,
  reshardingStatus,
  resumeMove,
  type MoveOutcome,
  type MovePlan,
  type ReshardingOptions,
  type ReshardingStatus,
  type Wish,
} from '@marquee/data/resharding'
import { confirm } from '../terminal/confirm.ts'
import { duration, printPlans } from './print-plan.ts'
import { findShardedDatabase, usage, type ShardsFlags } from './sharded-database.ts'
import { showMove } from './show-move.ts'

export type MoveFlags = ShardsFlags &
  Readonly<{ from?: string; to?: string; buckets?: string; drain?: string }>

/** What a shell says of a command that was ended by Ctrl-C. */
const interrupted = 130

/** One Ctrl-C stops where nobody waits; a second one ends the process as it is, and the move can still be resumed. */
const stopSignal = (say: (line: string) => void): AbortSignal => {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('Stopping where nobody is kept waiting …')
      stop.abort()
    })
  }
  return stop.signal
}

const tell = (outcome: MoveOutcome, json: boolean): number => {
  const { state, source, target, buckets, tookMs, step } = outcome
  if (json) console.log(JSON.stringify({ event: 'moved', ...outcome }))
  else if (state === 'done')
    console.log(`${buckets} buckets moved from ${source} to ${target} in ${duration(tookMs)}.`)
  else if (state === 'aborted') console.log(`Given up: ${source} has its ${buckets} buckets as before.`)
  else {
    console.log(
      `Stopped (step ${step}). Nothing is lost: \`marquee shards resume\` goes on, \`marquee shards abort\` gives it up.`,
    )
  }
  return state === 'paused' ? interrupted : 0
}

const runWith = async (
  options: ReshardingOptions,
  json: boolean,
  work: (options: ReshardingOptions) => Promise<MoveOutcome>,
): Promise<number> => {
  const show = showMove(json)
  const signal = stopSignal(line => (json ? undefined : console.error(line)))
  try {
    const outcome = await work({ ...options, signal, report: show.report })
    show.end()
    return tell(outcome, json)
  } finally {
    show.end()
  }
}

const mayGoOn = async (command: string, { yes, json }: ShardsFlags): Promise<boolean> => {
  if (yes === true) return true
  if (json === true || !process.stdin.isTTY)
    throw usage(command, 'it asks before it moves anything: where nobody can answer, add `--yes`')
  return confirm('\nMove them? [y/N] ')
}

const planAll = async (
  options: ReshardingOptions,
  status: ReshardingStatus,
  wishes: readonly Wish[],
): Promise<readonly MovePlan[]> => {
  const plans: MovePlan[] = []
  for (const wish of wishes) plans.push(await planMove(options, { ...wish, mapVersion: status.mapVersion }))
  return plans
}

const tellPlans = (plans: readonly MovePlan[], json: boolean, nothing: string): void => {
  if (json) console.log(JSON.stringify({ event: 'plan', moves: plans }))
  else console.log(plans.length === 0 ? nothing : printPlans(plans))
}

/** Chooses what to move, by the map as it is. */
type Choice = Readonly<{
  command: string
  choose: (status: ReshardingStatus) => readonly Wish[]
  /** What to say when there is nothing to be moved. */
  nothing: string
  onlyPlan?: boolean
}>

const runChoice = async (
  flags: MoveFlags,
  { command, choose, nothing, onlyPlan }: Choice,
): Promise<number> => {
  const json = flags.json === true
  const options = await findShardedDatabase(flags, command)
  const status = await reshardingStatus(options)
  const plans = await planAll(options, status, choose(status))
  tellPlans(plans, json, nothing)
  if (plans.length === 0 || onlyPlan === true || !(await mayGoOn(command, flags))) return 0
  for (const { source, target, buckets } of plans) {
    if (!json) console.log('')
    const code = await runWith(options, json, more => moveBuckets(more, { source, target, buckets }))
    if (code !== 0) return code
  }
  return 0
}

const namedBuckets = (
  command: string,
  { from, to, buckets }: MoveFlags,
  status: ReshardingStatus,
): readonly Wish[] => {
  if (from === undefined || to === undefined)
    throw usage(command, 'it wants `--from SHARD --to SHARD`, and `--buckets 0-99,120` for a part')
  const all = holdingsOf(status).get(from) ?? []
  const chosen = buckets === undefined ? all : parseBuckets(buckets)
  if (chosen === undefined) throw usage(command, `"${buckets}" is no list of buckets, such as 0-99,120`)
  return [{ source: from, target: to, buckets: chosen }]
}

const draining = (command: string, shard: string, status: ReshardingStatus): readonly Wish[] => {
  const holdings = holdingsOf(status)
  if (!holdings.has(shard))
    throw usage(command, `there is no shard "${shard}"; there are ${[...holdings.keys()].join(', ')}`)
  if (holdings.size === 1) throw usage(command, 'there is no other shard to take its buckets')
  return drainShard(holdings, shard)
}

const isEven = 'Nothing to move: the buckets are spread evenly.'

/** `marquee shards move`: named buckets from one shard to another. @returns the exit code */
export const runMove = (flags: MoveFlags): Promise<number> =>
  runChoice(flags, { command: 'move', choose: status => namedBuckets('move', flags, status), nothing: '' })

/** `marquee shards rebalance`: as many buckets on each shard. @returns the exit code */
export const runRebalance = (flags: MoveFlags): Promise<number> =>
  runChoice(flags, {
    command: 'rebalance',
    choose: status => rebalance(holdingsOf(status)),
    nothing: isEven,
  })

/** `marquee shards drain SHARD`: none on this one. @returns the exit code */
export const runDrain = (shard: string, flags: MoveFlags): Promise<number> =>
  runChoice(flags, {
    command: 'drain',
    choose: status => draining('drain', shard, status),
    nothing: `Nothing to move: ${shard} has no bucket.`,
  })

/** `marquee shards plan`: what one of these would do. @returns the exit code */
export const runPlan = (flags: MoveFlags): Promise<number> =>
  runChoice(flags, {
    command: 'plan',
    onlyPlan: true,
    nothing: isEven,
    choose: status => {
      if (flags.drain !== undefined) return draining('plan', flags.drain, status)
      const isNamed = flags.from !== undefined || flags.to !== undefined || flags.buckets !== undefined
      return isNamed ? namedBuckets('plan', flags, status) : rebalance(holdingsOf(status))
    },
  })

/** `marquee shards resume`. @returns the exit code */
export const runResume = async (flags: ShardsFlags): Promise<number> =>
  runWith(await findShardedDatabase(flags, 'resume'), flags.json === true, resumeMove)

/** `marquee shards abort`. @returns the exit code */
export const runAbort = async (flags: ShardsFlags): Promise<number> =>
  runWith(await findShardedDatabase(flags, 'abort'), flags.json === true, abortMove)
