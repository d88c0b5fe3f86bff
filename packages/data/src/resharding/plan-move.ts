import { MarqueeError } from '@marquee/contract'
import { freeSpace, roomProblem } from './free-space.ts'
import { readMove } from './move-record.ts'
import { preflight } from './preflight.ts'
import type { Resharding } from './resharding-context.ts'
import type { ShardConnection } from './shard-connection.ts'
import { mergeMaps, readMap } from './shard-maps.ts'
import type { ShardedTable } from './sharded-tables.ts'

/** What is to be moved where. */
export type MoveRequest = Readonly<{
  source: string
  target: string
  buckets: readonly number[]
  /** The version of the map that this was decided by; another one by now is an error. */
  mapVersion?: number
}>

export type TablePlan = Readonly<{ name: string; rows: number; bytes: number }>

/** What a move will do. */
export type MovePlan = Readonly<{
  source: string
  target: string
  buckets: readonly number[]
  mapVersion: number
  tables: readonly TablePlan[]
  rows: number
  /** About, with indexes. */
  bytes: number
  /** Null when it cannot be known. */
  freeBytes: number | null
  /** About. */
  estimateMs: number
}>

const impossible = (reasons: readonly string[]): MarqueeError =>
  new MarqueeError('MOVE_IMPOSSIBLE', { reason: reasons.join('; ') })

const countTimeoutMs = 900_000

const sizeOf = async (
  source: ShardConnection,
  table: ShardedTable,
  buckets: readonly number[],
): Promise<TablePlan> => {
  const [count] = await source.rows<{ rows: number; estimate: number }>(
    `select (select count(*) from ${table.name} where bucket = any($1))::int8 as rows,
       (select sum(case when reltuples > 0 then reltuples
         else pg_relation_size(oid) / 100 end) from pg_class where oid = any($2::regclass[]))::float8 as estimate`,
    [buckets, table.leaves.map(({ name }) => name)],
    countTimeoutMs,
  )
  const { rows = 0, estimate = 0 } = count ?? {}
  const bytes = Math.round((table.bytes * rows) / Math.max(rows, estimate, 1))
  return { name: table.name, rows, bytes }
}

// Measured on two cores: see docs/resharding.md.
const setUpMs = 2000
const copiedRowsPerMs = 50
const deletedRowsPerMs = 80

/** @throws MOVE_IN_PROGRESS when a move is unfinished; SHARD_UNAVAILABLE when a shard does not say */
const refuseSecond = async ({ all }: Resharding): Promise<void> => {
  for (const shard of all) {
    const move = await readMove(shard)
    if (move === null) continue
    const reason = `${move.buckets.length} buckets from "${move.source}" to "${move.target}" (step ${move.step})`
    throw new MarqueeError('MOVE_IN_PROGRESS', { reason })
  }
}

const checkMap = async ({ all }: Resharding, request: MoveRequest): Promise<number> => {
  const { source, buckets, mapVersion } = request
  const { version, owners } = mergeMaps(await Promise.all(all.map(readMap)))
  if (mapVersion !== undefined && mapVersion !== version)
    throw impossible([
      `the map has version ${version}, and this was decided by version ${mapVersion}: look again`,
    ])
  const foreign = buckets.filter(bucket => owners.get(bucket)?.shard !== source)
  if (foreign.length > 0) {
    const [bucket] = foreign
    const owner = owners.get(bucket ?? -1)?.shard
    throw impossible([
      `"${source}" does not own ${foreign.length} of these buckets (bucket ${bucket} is ${owner === undefined ? 'none of 0 to 1023' : `on "${owner}"`})`,
    ])
  }
  const fenced = buckets.filter(bucket => owners.get(bucket)?.state === 'fenced')
  if (fenced.length > 0) throw impossible([`bucket ${fenced[0]} is fenced, and no move says why`])
  return version
}

/**
 * Says what a move will do, after looking for all that is in its way. Changes nothing.
 * @throws MOVE_IMPOSSIBLE with everything that is in the way, MOVE_IN_PROGRESS, TOPOLOGY_WRONG, SHARD_UNAVAILABLE
 */
export const planIn = async (context: Resharding, request: MoveRequest): Promise<MovePlan> => {
  const source = context.shard(request.source)
  const target = context.shard(request.target)
  if (source === target) throw impossible([`source and target are the same shard, "${source.name}"`])
  if (request.buckets.length === 0) throw impossible(['no bucket is named'])
  await refuseSecond(context)
  const mapVersion = await checkMap(context, request)
  const { tables, problems } = await preflight(source, target, request.buckets)
  if (problems.length > 0) throw impossible(problems)
  const sizes: TablePlan[] = []
  for (const table of tables) sizes.push(await sizeOf(source, table, request.buckets))
  const rows = sizes.reduce((sum, size) => sum + size.rows, 0)
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0)
  const freeBytes = await freeSpace(target)
  const room = roomProblem(target.name, bytes, freeBytes)
  if (room.length > 0) throw impossible(room)
  const graceMs = 2 * context.refreshMs + context.statementTimeoutMs
  const estimateMs = Math.round(setUpMs + rows / copiedRowsPerMs + graceMs + rows / deletedRowsPerMs)
  return Object.freeze({
    source: source.name,
    target: target.name,
    buckets: [...request.buckets],
    mapVersion,
    tables: sizes,
    rows,
    bytes,
    freeBytes,
    estimateMs,
  })
}
