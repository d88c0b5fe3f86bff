import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { countRows } from './checksum.ts'
import { deleteRows } from './cleaning.ts'
import {
  copyState,
  dropPublication,
  dropSubscription,
  isChannelWhole,
  startCopying,
  subscriptionId,
  whyStuck,
} from './copying.ts'
import { openFence } from './fence.ts'
import { flip } from './flip.ts'
import { moveGroup } from './move-group.ts'
import { holdMove, recordStep, remaining, type Move, type MoveStep } from './move-record.ts'
import type { Resharding } from './resharding-context.ts'
import type { Run } from './shard-connection.ts'
import { shareMap } from './shard-maps.ts'
import { shardedTables } from './sharded-tables.ts'
import { countedRows, type Work } from './work.ts'

const pollMs = 100
const mostRestarts = 3
/** So near that what is missing travels in a moment. */
const nearBytes = 262_144

const to = ({ context, move, source }: Work, step: MoveStep, set?: string): Promise<void> =>
  source.transaction(run =>
    recordStep(run, context.runner, move, { step, ...(set === undefined ? {} : { set }) }),
  )

const stalled = ({ move }: Work, reason: string): MarqueeError =>
  new MarqueeError('MOVE_STALLED', { source: move.source, target: move.target, reason })

/** Waits until the tables are copied and the target is near. False when the channel broke, or a stop is wanted. */
const catchUp = async (work: Work): Promise<boolean> => {
  const { context, move, source, target } = work
  const { byTable, total } = await countedRows(work)
  const startedAt = performance.now()
  let mark = ''
  let movedAt = startedAt
  for (;;) {
    if (context.signal.aborted) return false
    const state = await copyState(source, target, move)
    if (state.isCopied && state.lagBytes <= nearBytes) return true
    if (!(await isChannelWhole(source, move))) return false
    const now = performance.now()
    if (state.mark !== mark) movedAt = now
    mark = state.mark
    if (now - movedAt > context.stallMs) throw stalled(work, await whyStuck(target, move))
    let rows = 0
    for (const [name, count] of Object.entries(state.copied)) rows += count ?? byTable.get(name) ?? 0
    if (state.isCopied) context.report({ event: 'catching-up', lagBytes: state.lagBytes })
    else if (rows > 0) {
      const etaMs = rows >= total ? null : Math.round(((now - startedAt) / rows) * (total - rows))
      context.report({ event: 'copying', rows, totalRows: total, etaMs })
    }
    await after(pollMs)
  }
}

/** Nothing is there yet, or what is there is of no use: the copying begins on clean ground. */
const prepare = async (work: Work): Promise<void> => {
  const { context, move, target } = work
  await removeChannel(work)
  await deleteRows(target, remaining(move))
  const { missed } = await shareMap(context.all)
  if (missed.length > 0) context.report({ event: 'not-told', shards: missed })
  await to(work, 'copying', 'subscription = null')
}

/** The source cannot give any more what the target has not got: it failed over, or had no room for the WAL. */
const beginAnew = (work: Work): Promise<void> => {
  const { pace } = work.context
  pace.isConnected = false
  pace.restarts += 1
  if (pace.restarts <= mostRestarts) return to(work, 'planned')
  throw stalled(
    work,
    `the source has thrown away ${pace.restarts} times what the target had not got: raise max_slot_wal_keep_size there`,
  )
}

const copy = async (work: Work): Promise<void> => {
  const { move, source, target, tables } = work
  // A new slot under an old subscription would skip what was written between the two.
  const isOld = (await subscriptionId(target, move)) !== null
  if (isOld && !(await isChannelWhole(source, move))) return beginAnew(work)
  const id = await startCopying(source, target, move, tables)
  if (id !== move.subscription) return to(work, 'copying', `subscription = ${id}`)
  if (await catchUp(work)) return to(work, 'caught-up')
  return undefined
}

const nextGroup = async (work: Work): Promise<void> => {
  const { context, move, source, target, tables } = work
  if (!(await isChannelWhole(source, move))) return beginAnew(work)
  if (!context.pace.isConnected) await startCopying(source, target, move, tables)
  context.pace.isConnected = true
  if (await catchUp(work)) await moveGroup(work)
  return undefined
}

const finishFlip = async ({ context, move, source, target }: Work): Promise<void> => {
  await flip(source, target, move, context.runner, () => undefined)
}

/**
 * First the subscription, then the publication; rows only after both: the other way round, the deletions would be
 * replicated, and empty the target.
 */
const removeChannel = async ({ move, source, target }: Work): Promise<void> => {
  const id = await subscriptionId(target, move)
  await dropSubscription(target, move)
  await dropPublication(source, { ...move, subscription: id ?? move.subscription })
}

const unsubscribe = async (work: Work): Promise<void> => {
  const { context } = work
  const { missed } = await shareMap(context.all)
  if (missed.length > 0) context.report({ event: 'not-told', shards: missed })
  await removeChannel(work)
  await to(work, 'unsubscribed')
}

/** Processes that go by the old map still read the source for a moment. */
const waitForReaders = async (work: Work): Promise<void> => {
  const { context } = work
  const leftMs = 2 * context.refreshMs + context.statementTimeoutMs
  context.report({ event: 'waiting', leftMs })
  await after(leftMs, undefined, { signal: context.signal }).catch(() => undefined)
  if (!context.signal.aborted) await to(work, 'cleaning')
}

const forget = ({ context, move, source }: Work): Promise<void> =>
  source.transaction(async run => {
    await holdMove(run, context.runner, move)
    await run('delete from marquee.shard_move where id = $1', [move.id])
  })

const clean = async (work: Work): Promise<void> => {
  const { context, move, source, tables } = work
  const { total: totalRows } = await countRows(source, tables, move.buckets)
  let rows = 0
  const isOurs = (run: Run): Promise<void> => {
    context.signal.throwIfAborted()
    return holdMove(run, context.runner, move)
  }
  await deleteRows(source, move.buckets, isOurs, count => {
    rows += count
    context.report({ event: 'cleaning', rows, totalRows })
  })
  await forget(work)
}

/** Gives a move up that has not flipped anything: the source is as it was, the target has nothing of it. */
const abort = async (work: Work): Promise<void> => {
  const { move, source, target } = work
  try {
    await removeChannel(work)
  } catch (error) {
    // The target may be away for long: the source keeps no WAL for it.
    await dropPublication(source, move).catch(() => undefined)
    throw error
  }
  await deleteRows(target, move.buckets)
  await forget(work)
}

const reopen = ({ context, move, source }: Work): Promise<void> =>
  openFence(source, move, context.runner, 'caught-up')

/** What is done in each step. Each may be broken off anywhere, and done again from its beginning. */
const steps: Readonly<Record<MoveStep, (work: Work) => Promise<void>>> = {
  planned: prepare,
  copying: copy,
  'caught-up': nextGroup,
  // Only after a crash: who closed the fence goes on in `moveGroup`.
  fenced: reopen,
  drained: reopen,
  checked: reopen,
  flipping: finishFlip,
  flipped: unsubscribe,
  unsubscribed: waitForReaders,
  cleaning: clean,
  aborting: abort,
}

/** Takes a move one step on. */
export const advance = async (context: Resharding, move: Move): Promise<void> => {
  const source = context.shard(move.source)
  const tables = await shardedTables(source)
  await steps[move.step]({ context, move, source, target: context.shard(move.target), tables })
}
