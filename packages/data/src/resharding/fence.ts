import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { channelName } from './copying.ts'
import { recordStep, type Move } from './move-record.ts'
import type { Run, ShardConnection } from './shard-connection.ts'

/** A writer that has a bucket may keep the fence waiting for so long; those behind it wait with it. */
const lockWaitMs = 300
const restMs = 200
const attempts = 50

/** lock_not_available, deadlock_detected, serialization_failure */
const isContention = (error: unknown): boolean =>
  ['55P03', '40P01', '40001'].includes(String((error as { code?: unknown }).code))

const arrayOf = (buckets: readonly number[]): string => `'{${buckets.join(',')}}'::smallint[]`

const closeFence = async (
  run: Run,
  runner: string,
  move: Move,
  group: readonly number[],
): Promise<number> => {
  await run(`set local lock_timeout = ${lockWaitMs}`)
  const startedAt = performance.now()
  // In order, as two that lock several buckets would otherwise wait for each other.
  await run('select bucket from marquee.shard_map where bucket = any($1) order by bucket for update', [group])
  const changed = await run(
    `update marquee.shard_map set state = 'fenced' where bucket = any($1) and shard = $2 returning bucket`,
    [group, move.source],
  )
  if (changed.length !== group.length) {
    throw new MarqueeError('MOVE_STALLED', {
      source: move.source,
      target: move.target,
      reason: 'the source does not own all of the buckets any more',
    })
  }
  await recordStep(run, runner, move, { step: 'fenced', set: `fenced = ${arrayOf(group)}` })
  return startedAt
}

/**
 * Closes some buckets of the source for writers. Waits for the writers that are in them, but not long: the others would
 * wait too. Then it makes room and tries again.
 * @returns when it began to close them, as of `performance.now()`
 */
export const fence = async (
  source: ShardConnection,
  move: Move,
  runner: string,
  group: readonly number[],
): Promise<number> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await source.transaction(run => closeFence(run, runner, move, group), 10_000)
    } catch (error) {
      if (!isContention(error)) throw error
      if (attempt === attempts) {
        const reason = `a transaction on the source has held a bucket for ${(attempts * (lockWaitMs + restMs)) / 1000} s`
        throw new MarqueeError(
          'MOVE_STALLED',
          { source: move.source, target: move.target, reason },
          { cause: error },
        )
      }
      await after(restMs)
    }
  }
}

/** Opens the fenced buckets for the source's writers again, and takes the move to another step. */
export const openFence = (
  source: ShardConnection,
  move: Move,
  runner: string,
  step: Move['step'],
): Promise<void> =>
  source.transaction(async run => {
    await run(
      `update marquee.shard_map set state = 'open' where bucket = any($1) and shard = $2 and state = 'fenced'`,
      [move.fenced, move.source],
    )
    await recordStep(run, runner, move, { step, set: `fenced = '{}'` })
  })

/**
 * Waits until the target has on disk all that the source had written when this was called.
 * @returns false when it has not within `timeoutMs`
 */
export const drain = async (source: ShardConnection, move: Move, timeoutMs: number): Promise<boolean> => {
  const giveUpAt = performance.now() + timeoutMs
  const [now] = await source.rows<{ lsn: string }>(
    'select pg_current_wal_insert_lsn()::text as lsn',
    [],
    timeoutMs,
  )
  for (;;) {
    const leftMs = giveUpAt - performance.now()
    if (leftMs <= 0) return false
    const [slot] = await source.rows<{ done: boolean }>(
      `select confirmed_flush_lsn >= $2 as done from pg_replication_slots where slot_name = $1`,
      [channelName(move.id), now?.lsn],
      leftMs,
    )
    if (slot === undefined) return false
    if (slot.done) return true
    await after(2)
  }
}
