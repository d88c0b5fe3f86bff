import type { WalPosition } from '@marquee/contract'
import { writerTimeline } from '../routing/observation.ts'
import type { ReplicaSet } from '../routing/replica-set.ts'
import type { Server } from '../routing/server.ts'
import { isUnreachable } from '../translate-error.ts'

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

const onServer = async <T>(set: ReplicaSet, work: (server: Server) => Promise<T>): Promise<T> => {
  const server = await serverToAsk(set)
  try {
    return await work(server)
  } catch (error) {
    if (isUnreachable(error)) set.distrust(server)
    throw error
  }
}

/** Asks a shard who it is, on a connection of its reads, within a second. @throws DATABASE_UNAVAILABLE */
export const askShard = (set: ReplicaSet): Promise<ShardSaid> =>
  onServer(set, async server => {
    const at = performance.now()
    const rows = await server.reads.ask<Row>(question).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    const [row] = rows
    if (row === undefined) return { copy: undefined, position: undefined, at }
    const { lsn, timeline } = row
    return Object.freeze({
      copy: { name: row.name, version: row.map_version },
      position: lsn === null || timeline === null ? undefined : Object.freeze({ timeline, lsn }),
      at,
    })
  })

const wholeMap = `select s.map_version as version, array_agg(m.shard order by m.bucket) as owners
  from marquee.shard s, marquee.shard_map m group by s.map_version`

export type MapCopy = Readonly<{ version: number; owners: readonly string[] }>

/** The map as a shard knows it; undefined before it has one. */
export const readMapCopy = (set: ReplicaSet): Promise<MapCopy | undefined> =>
  onServer(set, async server => (await server.reads.ask<MapCopy>(wholeMap))[0])
