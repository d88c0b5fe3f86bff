import { holdMove, recordStep, type Move } from './move-record.ts'
import type { Run, ShardConnection } from './shard-connection.ts'

/** Gives the buckets to the target in one copy of the map. May be done again. */
const writeMap = async (run: Run, move: Move): Promise<void> => {
  await run(
    `update marquee.shard_map set shard = $1, state = 'open', version = $2 where bucket = any($3) and version < $2`,
    [move.target, move.mapVersion, move.fenced],
  )
  await run('update marquee.shard set map_version = $1 where map_version < $1', [move.mapVersion])
}

/**
 * The point of no return, on the source alone: who aborts looks there too, so that only one of both can happen.
 */
export const decideFlip = (
  source: ShardConnection,
  move: Move,
  runner: string,
  version: number,
): Promise<void> =>
  source.transaction(run =>
    recordStep(run, runner, move, { step: 'flipping', set: `map_version = ${version}` }),
  )

/**
 * Gives the fenced buckets to the target: its own copy of the map first, so that somebody takes writes as soon as
 * nobody else can, then the source's.
 * @param opened  called when the target takes writes
 */
export const flip = async (
  source: ShardConnection,
  target: ShardConnection,
  move: Move,
  runner: string,
  opened: () => void,
): Promise<void> => {
  await target.transaction(run => writeMap(run, move))
  opened()
  const isLast = new Set([...move.flipped, ...move.fenced]).size === move.buckets.length
  await source.transaction(async run => {
    await holdMove(run, runner, move)
    await writeMap(run, move)
    await recordStep(run, runner, move, {
      step: isLast ? 'flipped' : 'caught-up',
      set: `flipped = flipped || fenced, fenced = '{}'`,
    })
  })
}
