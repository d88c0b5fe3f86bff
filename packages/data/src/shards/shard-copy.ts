import type { WalPosition } from '@marquee/contract'
import { writerTimeline } from '../routing/observation.ts'
import type { ReplicaSet } from '../routing/replica-set.ts'
import type { Server } from '../routing/server.ts'
import { isServerGone } from '../translate-error.ts'
import type { MapCopy } from './shard-map.ts'

/** What a shard says of itself. */
export type ShardSaid = Readonly<{
  /** What it is called, and the version of its copy of the map; undefined before it has one. */
  copy: Readonly<{ name: string; version: number }> | undefined
  /** How far its log is; undefined when a reader said it. */
  position: WalPosition | undefined
  /** `performance.now()` when it was asked. */
  at: number
}>

type Row = { name: string; map_version: number; lsn: string | null; timeline: number | null }

const question = `select name, map_version,
  case when pg_is_in_recovery() then null else pg_current_wal_insert_lsn()::text end as lsn,
  case when pg_is_in_recovery() then null else ${writerTimeline} end as timeline
  from marquee.shard`

const undefinedTable = '42P01'

const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === undefinedTable

/** While there is no writer, a reader will do: nothing changes then. */
const serverToAsk = async (set: ReplicaSet): Promise<Server> =>
  set.writer() ??
  set.servers.find(
    ({ downBecause, observation }) => downBecause === undefined && observation !== undefined,
  ) ??
  (await set.writerSoon())

const ask = async <Row extends object>(set: ReplicaSet, sql: string): Promise<Row[]> => {
  const server = await serverToAsk(set)
  const { reads, writes } = server
  try {
    return await (reads.isSaturated() ? writes : reads).ask<Row>(sql)
  } catch (error) {
    if (isServerGone(error)) set.distrust(server)
    throw error
  }
}

/** Asks a shard who it is, within a second once there is a connection. @throws DATABASE_UNAVAILABLE */
export const askShard = async (set: ReplicaSet): Promise<ShardSaid> => {
  const at = performance.now()
  const [row] = await ask<Row>(set, question).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  if (row === undefined) return { copy: undefined, position: undefined, at }
  const { lsn, timeline } = row
  return Object.freeze({
    copy: { name: row.name, version: row.map_version },
    position: lsn === null || timeline === null ? undefined : Object.freeze({ timeline, lsn }),
    at,
  })
}

/** Of everything that a copy of the map says, in one row; none before there is one. */
export const wholeMap = `select s.name, s.map_version as version,
    array_agg(m.shard order by m.bucket) as owners, array_agg(m.version order by m.bucket) as since
  from marquee.shard s, marquee.shard_map m group by s.name, s.map_version`

/** The map as a shard knows it; undefined before it has one. */
export const readMapCopy = async (set: ReplicaSet): Promise<MapCopy | undefined> =>
  (await ask<MapCopy>(set, wholeMap))[0]
