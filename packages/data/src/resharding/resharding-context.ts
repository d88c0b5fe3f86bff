import { randomUUID } from 'node:crypto'
import { MarqueeError } from '@marquee/contract'
import type { RowCounts } from './checksum.ts'
import type { MoveStep } from './move-record.ts'
import { ShardConnection, type ShardPlace } from './shard-connection.ts'

/** What a mover tells while it works. Rows are those of all tables together. */
export type MoveEvent =
  /** A step has been recorded: from here on a crash leaves the move in it. */
  | Readonly<{ event: 'step'; id: string; step: MoveStep | 'done'; source: string; target: string }>
  | Readonly<{ event: 'copying'; rows: number; totalRows: number; etaMs: number | null }>
  | Readonly<{ event: 'catching-up'; lagBytes: number }>
  /** A group of buckets changed its shard: how long its writers had to wait. */
  | Readonly<{ event: 'flip'; buckets: number; left: number; fenceMs: number; mapVersion: number }>
  /** The fence was opened again, as the target was too slow. */
  | Readonly<{ event: 'fence-opened'; buckets: number; reason: string }>
  | Readonly<{ event: 'waiting'; leftMs: number }>
  | Readonly<{ event: 'cleaning'; rows: number; totalRows: number }>
  /** A server is away; the mover tries again until its patience ends. */
  | Readonly<{ event: 'shard-unavailable'; shard: string; retryInMs: number }>
  /** Shards with an old copy of the map: it decides nothing, and they get the new one when they are back. */
  | Readonly<{ event: 'not-told'; shards: readonly string[] }>

export type ReshardingOptions = Readonly<{
  /** In the order of the configuration: the first keeps movers apart. */
  shards: readonly ShardPlace[]
  /** Key `data.shards.refreshMs`: how long processes may go by an old map. */
  refreshMs: number
  /** Key `data.statementTimeoutMs`: how long a statement that began by an old map may run. */
  statementTimeoutMs: number
  /** Key `data.shards.fenceWaitMs`: writers wait no longer, so no fence may stay closed for as long. */
  fenceWaitMs: number
  report?: (event: MoveEvent) => void
  /** Stops the work at the next point where nobody is kept waiting. */
  signal?: AbortSignal
  /** How long a server may be away before the mover gives up. Default 30 s. */
  patienceMs?: number
  /** How long nothing may arrive at the target. Default 60 s. */
  stallMs?: number
  /** About how many rows are compared under one fence. Default 10,000. */
  fenceRows?: number
}>

/** What a mover learns while it works: how much it moves under one fence, less when the target was too slow. */
export type Pace = {
  rows: number
  slow: number
  /** Counted once, as it takes its time. */
  counted: RowCounts | undefined
  /** How often copying began anew. */
  restarts: number
  /** The target is known to follow the source, by the address that the source has now. */
  isConnected: boolean
}

/** Connections and settings of one piece of work on a sharded database. */
export type Resharding = Required<Omit<ReshardingOptions, 'shards'>> &
  Readonly<{
    /** Of this piece of work: who runs a move is one of these. */
    runner: string
    names: readonly string[]
    /** @throws SHARD_UNKNOWN */
    shard: (name: string) => ShardConnection
    all: readonly ShardConnection[]
    pace: Pace
  }>

const lockName = 'marquee.resharding'

/** A session's lock on the first shard, gone with its connection. */
const lockMovers = async (first: ShardConnection): Promise<void> => {
  const [lock] = await first.rows<{ got: boolean }>(
    `select pg_try_advisory_lock(hashtextextended($1 || current_database(), 0)) as got`,
    [lockName],
  )
  if (lock?.got !== true)
    throw new MarqueeError('MOVE_IN_PROGRESS', { reason: 'another process is moving buckets now' })
}

const contextOf = (options: ReshardingOptions): Resharding => {
  const connections = new Map(options.shards.map(place => [place.name, new ShardConnection(place)]))
  const names = [...connections.keys()]
  return Object.freeze({
    report: () => undefined,
    signal: new AbortController().signal,
    patienceMs: 30_000,
    stallMs: 60_000,
    fenceRows: 10_000,
    ...options,
    pace: { rows: options.fenceRows ?? 10_000, slow: 0, counted: undefined, restarts: 0, isConnected: false },
    runner: randomUUID(),
    names,
    all: [...connections.values()],
    shard: (name: string) => {
      const found = connections.get(name)
      if (found === undefined) {
        const reason = `there is no shard "${name}" in the configuration; there are ${names.join(', ')}`
        throw new MarqueeError('MOVE_IMPOSSIBLE', { reason })
      }
      return found
    },
  })
}

/** Does something with connections to the shards, and closes them. */
export const withShards = async <T>(
  options: ReshardingOptions,
  work: (context: Resharding) => Promise<T>,
): Promise<T> => {
  const context = contextOf(options)
  try {
    return await work(context)
  } finally {
    for (const shard of context.all) shard.drop()
  }
}

/**
 * As `withShards`, as the only mover there is.
 * @throws MOVE_IN_PROGRESS when there is another
 */
export const asMover = <T>(
  options: ReshardingOptions,
  work: (context: Resharding, keepLock: () => Promise<void>) => Promise<T>,
): Promise<T> =>
  withShards(options, async context => {
    const [place] = options.shards
    if (place === undefined) throw new MarqueeError('MOVE_IMPOSSIBLE', { reason: 'there are no shards' })
    // A connection of its own: others come and go.
    const lock = new ShardConnection(place)
    try {
      await lockMovers(lock)
      // Had again after the first shard was away. Whoever was faster has taken the move over, and its record says so.
      return await work(context, () => lockMovers(lock))
    } finally {
      lock.drop()
    }
  })
