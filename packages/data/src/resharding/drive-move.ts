import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { readMove, type Move, type MoveStep } from './move-record.ts'
import type { Resharding } from './resharding-context.ts'
import { advance } from './run-move.ts'

/** How a move ended, or where it stands. */
export type MoveOutcome = Readonly<{
  state: 'done' | 'aborted' | 'paused'
  id: string
  source: string
  target: string
  buckets: number
  step: MoveStep | 'done'
  tookMs: number
}>

const retryMs = 500

/** In these nobody waits. */
const isSafe = (step: MoveStep): boolean => !['fenced', 'drained', 'checked', 'flipping'].includes(step)

const isAway = (error: unknown): boolean =>
  error instanceof MarqueeError && error.code === 'SHARD_UNAVAILABLE'

/**
 * Takes a move through its steps to the end. A server that goes away is waited for, for a while.
 * @returns also when a stop is wanted, with the step that a `resume` goes on from
 * @throws SHARD_UNAVAILABLE, MOVE_STALLED, MOVE_MISMATCH, MOVE_IN_PROGRESS; the move stays as it is recorded
 */
export const driveMove = async (
  context: Resharding,
  first: Move,
  keepLock: () => Promise<void>,
): Promise<MoveOutcome> => {
  const { report, signal, patienceMs } = context
  const { id, source, target } = first
  const startedAt = performance.now()
  const outcome = (state: MoveOutcome['state'], step: MoveOutcome['step']): MoveOutcome => ({
    state,
    id,
    source,
    target,
    buckets: first.buckets.length,
    step,
    tookMs: Math.round(performance.now() - startedAt),
  })
  let isAborting = first.step === 'aborting'
  let told: MoveStep | undefined
  let awaySince: number | undefined
  for (;;) {
    try {
      const move = await readMove(context.shard(source))
      if (move === null || move.id !== id) {
        report({ event: 'step', id, step: 'done', source, target })
        return outcome(isAborting ? 'aborted' : 'done', 'done')
      }
      isAborting = move.step === 'aborting'
      if (signal.aborted && isSafe(move.step)) return outcome('paused', move.step)
      if (move.step !== told) report({ event: 'step', id, step: move.step, source, target })
      told = move.step
      await advance(context, move)
      awaySince = undefined
    } catch (error) {
      if (signal.aborted && error === signal.reason) continue
      if (!(error instanceof MarqueeError)) {
        const reason = (error as Error).message
        throw new MarqueeError('MOVE_STALLED', { source, target, reason }, { cause: error })
      }
      if (!isAway(error)) throw error
      context.pace.isConnected = false
      awaySince ??= performance.now()
      if (performance.now() - awaySince > patienceMs) throw error
      const { shard } = error.details
      report({ event: 'shard-unavailable', shard: String(shard), retryInMs: retryMs })
      await after(retryMs)
      await keepLock().catch((lockError: unknown) => {
        if (!isAway(lockError)) throw lockError
      })
    }
  }
}
