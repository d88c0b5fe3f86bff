import { MarqueeError } from '@marquee/contract'
import type { Run, ShardConnection } from './shard-connection.ts'

/**
 * Where a move is. Each name says what is going on or has been reached, and a move goes through them in this order;
 * from `caught-up` to `flipped` once for each group of buckets.
 */
export const moveSteps = [
  'planned',
  'copying',
  'caught-up',
  'fenced',
  'drained',
  'checked',
  'flipping',
  'flipped',
  'unsubscribed',
  'cleaning',
] as const

export type MoveStep = (typeof moveSteps)[number] | 'aborting'

/** One move, as the source keeps it. */
export type Move = Readonly<{
  id: string
  source: string
  target: string
  buckets: readonly number[]
  /** Those that the target owns already. */
  flipped: readonly number[]
  /** Those that are fenced now. */
  fenced: readonly number[]
  step: MoveStep
  /** Version that the map gets, or got, by the last flip. */
  mapVersion: number | null
  /** Id of the subscription on the target, which names what it leaves on the source. */
  subscription: number | null
  startedAt: Date
}>

export const createMoveTable = `create table if not exists marquee.shard_move (
  "only" boolean primary key default true check ("only"),
  id text not null,
  source text not null,
  target text not null,
  buckets smallint[] not null,
  flipped smallint[] not null default '{}',
  fenced smallint[] not null default '{}',
  step text not null,
  runner text not null,
  map_version bigint,
  subscription oid,
  started_at timestamptz not null default now()
)`

const columns = `id, source, target, buckets, flipped, fenced, step, map_version as "mapVersion",
  subscription::int8 as subscription, started_at as "startedAt"`

/** The unfinished move away from this shard. */
export const readMove = async (shard: ShardConnection): Promise<Move | null> => {
  const [table] = await shard.rows<{ exists: boolean }>(
    `select to_regclass('marquee.shard_move') is not null as exists`,
  )
  if (table?.exists !== true) return null
  const [move] = await shard.rows<Move>(`select ${columns} from marquee.shard_move`)
  return move ?? null
}

export type Change = Readonly<{
  step: MoveStep
  /** Further columns, as SQL. */
  set?: string
}>

/** The move is not what this process thinks it is: another one took it over, or has ended it. */
const lost = (move: Move): MarqueeError =>
  new MarqueeError('MOVE_IN_PROGRESS', {
    reason: `another process took over the move from ${move.source} to ${move.target}`,
  })

/**
 * Takes a move from one step to the next, in the transaction of `run`. Only the process that runs it can: one that was
 * stopped for a while and went on finds that it is no longer its own.
 */
export const recordStep = async (
  run: Run,
  runner: string,
  move: Move,
  { step, set }: Change,
): Promise<void> => {
  const more = set === undefined ? '' : `, ${set}`
  const changed = await run(
    `update marquee.shard_move set step = $1${more} where id = $2 and runner = $3 and step = $4 returning id`,
    [step, move.id, runner, move.step],
  )
  if (changed.length === 0) throw lost(move)
}

/** Fails unless the move is still this process's own; holds it so to the end of the transaction. */
export const holdMove = async (run: Run, runner: string, move: Move): Promise<void> => {
  const found = await run(
    `select id from marquee.shard_move where id = $1 and runner = $2 and step = $3 for update`,
    [move.id, runner, move.step],
  )
  if (found.length === 0) throw lost(move)
}

/** Makes this process the one that runs the move. */
export const takeOver = async (shard: ShardConnection, runner: string, move: Move): Promise<void> => {
  await shard.rows('update marquee.shard_move set runner = $1 where id = $2', [runner, move.id])
}

/** Buckets that have not changed their shard yet. */
export const remaining = ({ buckets, flipped }: Move): readonly number[] => {
  const done = new Set(flipped)
  return buckets.filter(bucket => !done.has(bucket))
}
