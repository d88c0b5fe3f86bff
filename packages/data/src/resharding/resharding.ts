import { randomUUID } from 'node:crypto'
import { MarqueeError } from '@marquee/contract'
import { driveMove, type MoveOutcome } from './drive-move.ts'
import { openFence } from './fence.ts'
import { createMoveTable, readMove, takeOver, type Move } from './move-record.ts'
import { planIn, type MovePlan, type MoveRequest } from './plan-move.ts'
import { asMover, withShards, type Resharding, type ReshardingOptions } from './resharding-context.ts'

/**
 * Says what a move will do. Changes nothing.
 * @throws MOVE_IMPOSSIBLE with everything that is in the way, MOVE_IN_PROGRESS, TOPOLOGY_WRONG, SHARD_UNAVAILABLE
 */
export const planMove = (options: ReshardingOptions, request: MoveRequest): Promise<MovePlan> =>
  withShards(options, context => planIn(context, request))

const recordMove = async (context: Resharding, { source, target, buckets }: MoveRequest): Promise<Move> => {
  const shard = context.shard(source)
  await shard.rows(createMoveTable)
  const id = randomUUID().replaceAll('-', '').slice(0, 12)
  await shard.rows(
    `insert into marquee.shard_move (id, source, target, buckets, step, runner) values ($1, $2, $3, $4, 'planned', $5)`,
    [id, source, target, buckets, context.runner],
  )
  const move = await readMove(shard)
  if (move === null) throw new MarqueeError('MOVE_NONE')
  return move
}

/**
 * Moves buckets with their rows from one shard to another, while both are used. Resumable from wherever it ends.
 * @throws MOVE_IMPOSSIBLE, MOVE_IN_PROGRESS, TOPOLOGY_WRONG: nothing was changed
 * @throws MOVE_STALLED, MOVE_MISMATCH, SHARD_UNAVAILABLE: `resumeMove` or `abortMove`
 */
export const moveBuckets = (options: ReshardingOptions, request: MoveRequest): Promise<MoveOutcome> =>
  asMover(options, async (context, keepLock) => {
    await planIn(context, request)
    return driveMove(context, await recordMove(context, request), keepLock)
  })

/** The unfinished move. @throws SHARD_UNAVAILABLE when a shard that may have it does not answer */
const findMove = async ({ all }: Resharding): Promise<Move | null> => {
  const heard = await Promise.allSettled(all.map(readMove))
  for (const one of heard) if (one.status === 'fulfilled' && one.value !== null) return one.value
  for (const one of heard) if (one.status === 'rejected') throw one.reason
  return null
}

const takeMove = async (context: Resharding): Promise<Move> => {
  const move = await findMove(context)
  if (move === null) throw new MarqueeError('MOVE_NONE')
  await takeOver(context.shard(move.source), context.runner, move)
  return move
}

/**
 * Goes on with the move that a mover left behind.
 * @throws MOVE_NONE, and what `moveBuckets` throws
 */
export const resumeMove = (options: ReshardingOptions): Promise<MoveOutcome> =>
  asMover(options, async (context, keepLock) => driveMove(context, await takeMove(context), keepLock))

/**
 * Gives the unfinished move up: the source is as it was, and the target keeps nothing of it.
 * @throws MOVE_NONE, MOVE_NOT_ABORTABLE when the target owns buckets already
 */
export const abortMove = (options: ReshardingOptions): Promise<MoveOutcome> =>
  asMover(options, async (context, keepLock) => {
    const move = await takeMove(context)
    const flipped = move.step === 'flipping' ? [...move.flipped, ...move.fenced] : move.flipped
    if (flipped.length > 0) {
      const { target, buckets } = move
      throw new MarqueeError('MOVE_NOT_ABORTABLE', {
        target,
        flipped: flipped.length,
        buckets: buckets.length,
      })
    }
    // Decided on the source, where a flip is decided too.
    await openFence(context.shard(move.source), move, context.runner, 'aborting')
    return driveMove(context, { ...move, step: 'aborting' }, keepLock)
  })
