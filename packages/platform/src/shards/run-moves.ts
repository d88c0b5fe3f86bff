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
import {
  findShardedDatabase,
  findShardedDatabases,
  usage,
  type FoundDatabase,
  type ShardsFlags,
} from './sharded-database.ts'
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

/** What is to be moved in one database. */
type Planned = Readonly<{ options: FoundDatabase; plans: readonly MovePlan[] }>

const tellPlans = (all: readonly Planned[], json: boolean, nothing: string): void => {
  for (const [at, { options, plans }] of all.entries()) {
    if (json) console.log(JSON.stringify({ event: 'plan', database: options.database, moves: plans }))
    else {
      const text = plans.length === 0 ? nothing : printPlans(plans)
      console.log(all.length === 1 ? text : `${at === 0 ? '' : '\n'}${options.database}\n${text}`)
    }
  }
}

/** Chooses what to move, by the map as it is. */
type Choice = Readonly<{
  command: string
  choose: (status: ReshardingStatus) => readonly Wish[]
  /** What to say when there is nothing to be moved. */
  nothing: string
  onlyPlan?: boolean
  /** It names shards or buckets of one database. */
  isOfOne?: boolean
  /** Only databases that have this shard are concerned. */
  shard?: string | undefined
}>

type Looked = Readonly<{ options: FoundDatabase; status: ReshardingStatus }>

const lookAt = async (
  flags: MoveFlags,
  { command, isOfOne, shard }: Pick<Choice, 'command' | 'isOfOne' | 'shard'>,
): Promise<readonly Looked[]> => {
  const found =
    isOfOne === true
      ? [await findShardedDatabase(flags, command)]
      : await findShardedDatabases(flags, command)
  const all = await Promise.all(
    found.map(async options => ({ options, status: await reshardingStatus(options) })),
  )
  if (shard === undefined) return all
  const concerned = all.filter(({ status }) => holdingsOf(status).has(shard))
  if (concerned.length > 0) return concerned
  const names = new Set(all.flatMap(({ status }) => [...holdingsOf(status).keys()]))
  throw usage(command, `there is no shard "${shard}"; there are ${[...names].join(', ')}`)
}

const runChoice = async (flags: MoveFlags, choice: Choice): Promise<number> => {
  const { command, choose, nothing, onlyPlan } = choice
  const json = flags.json === true
  const planned: Planned[] = []
  for (const { options, status } of await lookAt(flags, choice))
    planned.push({ options, plans: await planAll(options, status, choose(status)) })
  tellPlans(planned, json, nothing)
  const moves = planned.flatMap(({ options, plans }) => plans.map(plan => ({ options, plan })))
  if (moves.length === 0 || onlyPlan === true || !(await mayGoOn(command, flags))) return 0
  for (const { options, plan } of moves) {
    const { source, target, buckets } = plan
    if (!json) console.log(planned.length === 1 ? '' : `\n${options.database}`)
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
  if (holdings.size === 1) throw usage(command, 'there is no other shard to take its buckets')
  return drainShard(holdings, shard)
}

const isEven = 'Nothing to move: the buckets are spread evenly.'

/** `marquee shards move`: named buckets from one shard to another. @returns the exit code */
export const runMove = (flags: MoveFlags): Promise<number> =>
  runChoice(flags, {
    command: 'move',
    isOfOne: true,
    choose: status => namedBuckets('move', flags, status),
    nothing: '',
  })

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
    shard,
    choose: status => draining('drain', shard, status),
    nothing: `Nothing to move: ${shard} has no bucket.`,
  })

/** `marquee shards plan`: what one of these would do. @returns the exit code */
export const runPlan = (flags: MoveFlags): Promise<number> => {
  const { drain, from, to, buckets } = flags
  const isNamed = drain === undefined && (from !== undefined || to !== undefined || buckets !== undefined)
  return runChoice(flags, {
    command: 'plan',
    onlyPlan: true,
    isOfOne: isNamed,
    shard: drain,
    nothing: isEven,
    choose: status => {
      if (drain !== undefined) return draining('plan', drain, status)
      return isNamed ? namedBuckets('plan', flags, status) : rebalance(holdingsOf(status))
    },
  })
}

/** Works on what is unfinished, in each database. Where nothing is, the library says so. */
const runUnfinished = async (
  flags: ShardsFlags,
  command: string,
  work: (options: ReshardingOptions) => Promise<MoveOutcome>,
): Promise<number> => {
  const all = await lookAt(flags, { command })
  const unfinished = all.filter(({ status }) => status.move !== null)
  for (const { options } of unfinished.length > 0 ? unfinished : all.slice(0, 1)) {
    const code = await runWith(options, flags.json === true, work)
    if (code !== 0) return code
  }
  return 0
}

/** `marquee shards resume`. @returns the exit code */
export const runResume = (flags: ShardsFlags): Promise<number> => runUnfinished(flags, 'resume', resumeMove)

/** `marquee shards abort`. @returns the exit code */
export const runAbort = (flags: ShardsFlags): Promise<number> => runUnfinished(flags, 'abort', abortMove)
