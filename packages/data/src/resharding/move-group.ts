import { MarqueeError } from '@marquee/contract'
import { checksums, firstDifference } from './checksum.ts'
import { drain, fence, openFence } from './fence.ts'
import { decideFlip, flip } from './flip.ts'
import { recordStep, remaining, type Move, type MoveStep } from './move-record.ts'
import { readMap } from './shard-maps.ts'
import { countedRows, type Work } from './work.ts'

/** Of the time that writers wait, what a fence may take before it is opened again. */
const share = 0.6

/** The next buckets to be flipped: as many as have about as many rows as can be compared in a moment. */
const chooseGroup = async (work: Work): Promise<readonly number[]> => {
  const { context, move } = work
  const buckets = remaining(move)
  const { byBucket } = await countedRows(work)
  let rows = 0
  const end = buckets.findIndex((bucket, index) => {
    rows += byBucket.get(bucket) ?? 0
    return index > 0 && rows > context.pace.rows
  })
  return end === -1 ? buckets : buckets.slice(0, end)
}

const nextVersion = async ({ context }: Work): Promise<number> => {
  const versions = await Promise.all(
    context.all.map(shard =>
      readMap(shard).then(
        ({ version }) => version,
        () => 0,
      ),
    ),
  )
  return Math.max(...versions) + 1
}

const compare = async (work: Work, group: readonly number[], leftMs: number): Promise<void> => {
  const { source, target, tables } = work
  const [here, there] = await Promise.all([
    checksums(source, tables, group, leftMs),
    checksums(target, tables, group, leftMs),
  ])
  const difference = firstDifference(here, there)
  if (difference !== undefined) throw new MarqueeError('MOVE_MISMATCH', { ...difference })
}

/** A fence that is closed longer than this is opened again. */
class Budget {
  readonly #endAt: number

  constructor(startedAt: number, ms: number) {
    this.#endAt = startedAt + ms
  }

  leftMs(): number {
    return Math.max(1, this.#endAt - performance.now())
  }

  isSpent(): boolean {
    return performance.now() >= this.#endAt
  }
}

/** A server that was silent for as long as it was given. */
const isTimeOut = (error: unknown): boolean =>
  error instanceof MarqueeError && error.code === 'SHARD_UNAVAILABLE'

const tooSlow = new Error('the target did not follow in time')
const mostSlow = 8

/** Whatever went wrong: writers wait. Less is tried next time when it was only the time. */
const giveWay = async (work: Work, move: Move, error: unknown): Promise<void> => {
  const { context, source } = work
  const { pace, report, runner } = context
  const isOnlySlow = error === tooSlow
  const opening = openFence(source, move, runner, 'caught-up')
  // The first error says more than one that comes of it.
  await (isOnlySlow ? opening : opening.catch(() => undefined))
  if (!isOnlySlow) throw error
  pace.rows = Math.max(1, Math.floor(pace.rows / 2))
  pace.slow += 1
  report({ event: 'fence-opened', buckets: move.fenced.length, reason: tooSlow.message })
  if (pace.slow < mostSlow) return
  const reason = `under the fence the target did not catch up in time, ${mostSlow} times`
  throw new MarqueeError('MOVE_STALLED', { source: move.source, target: move.target, reason })
}

/**
 * Moves one group of buckets that the target has all but the last changes of: closes the fence, lets the rest arrive,
 * compares, and gives them to the target. What goes wrong before the decision opens the fence again.
 */
export const moveGroup = async (work: Work): Promise<void> => {
  const { context, source, target } = work
  const { runner, report } = context
  const group = await chooseGroup(work)
  const version = await nextVersion(work)
  const startedAt = await fence(source, work.move, runner, group)
  const budget = new Budget(startedAt, context.fenceWaitMs * share)
  let move: Move = { ...work.move, step: 'fenced', fenced: group, mapVersion: version }
  const reached = (step: MoveStep): void => {
    move = { ...move, step }
    report({ event: 'step', id: move.id, step, source: move.source, target: move.target })
  }
  const reach = async (step: MoveStep): Promise<void> => {
    await source.transaction(run => recordStep(run, runner, move, { step }), budget.leftMs())
    reached(step)
  }
  reached('fenced')
  try {
    if (!(await drain(source, move, budget.leftMs()))) throw tooSlow
    await reach('drained')
    await compare(work, group, budget.leftMs())
    await reach('checked')
    if (budget.isSpent()) throw tooSlow
    await decideFlip(source, move, runner, version)
  } catch (error) {
    return giveWay(work, move, budget.isSpent() && isTimeOut(error) ? tooSlow : error)
  }
  reached('flipping')
  let fenceMs = 0
  await flip(source, target, move, runner, () => (fenceMs = performance.now() - startedAt))
  context.pace.slow = 0
  report({
    event: 'flip',
    buckets: group.length,
    left: remaining(move).length - group.length,
    fenceMs: Math.round(fenceMs * 10) / 10,
    mapVersion: version,
  })
}
