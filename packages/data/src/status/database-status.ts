import type { DataConfig } from '../config.ts'
import { namesIn, resolveNames, systemLookup, targetsOf } from '../routing/resolve-servers.ts'
import { replicaSetsOf, type PlacedSet } from '../topology-config.ts'
import { askShards, type HeldBuckets } from './held-buckets.ts'
import { askServer, type Heard, type ServerStatus } from './server-status.ts'

/** One database of the topology or one shard of it, with every server that is listed for it, the writer first. */
export type DatabaseStatus = Readonly<{
  /** `database`, or `database/shard`. */
  name: string
  /** What it holds of a sharded database; null when it is none, or cannot say. */
  shard: HeldBuckets | null
  /** What is not well, for people; empty when all is. */
  problems: readonly string[]
  servers: readonly ServerStatus[]
}>

const timeoutMs = 2000

const labelOf = ({ name, address }: ServerStatus): string =>
  name === null ? address : `${name} (${address})`

/** A replica seen from its writer. */
const besideWriter = (heard: Heard, writer: Heard | undefined): ServerStatus => {
  const { status, position } = heard
  if (status.role !== 'replica' || writer === undefined) return status
  const isMeasurable = writer.position !== null && position !== null
  const behind = isMeasurable ? Number((writer.position ?? 0n) - (position ?? 0n)) : null
  return {
    ...status,
    // They were not asked at the very same moment.
    lagBytes: behind === null ? null : Math.max(0, behind),
    sync: (status.name === null ? undefined : writer.streams[status.name]) ?? null,
  }
}

const problemsOf = (servers: readonly ServerStatus[]): readonly string[] => {
  const writers = servers.filter(({ role }) => role === 'writer')
  const [writer] = writers
  return [
    ...servers.flatMap(server => (server.reason === null ? [] : [`${labelOf(server)}: ${server.reason}`])),
    ...(writers.length === 0 ? ['no server takes writes'] : []),
    ...(writers.length > 1 ? [`${writers.map(labelOf).join(' and ')} both take writes`] : []),
    ...servers.flatMap(server =>
      server.archive === 'failing'
        ? [
            `${labelOf(server)}: its log is not archived, and stays on its disk until it is (its own log says why)`,
          ]
        : [],
    ),
    ...servers.flatMap(server => {
      if (server.role !== 'replica') return []
      if (server.state !== 'streaming')
        return [`${labelOf(server)}: it gets nothing from the writer (${server.state})`]
      if (writer === undefined || writer.timeline === server.timeline) return []
      return [`${labelOf(server)}: it is on timeline ${server.timeline}, the writer on ${writer.timeline}`]
    }),
  ]
}

const byRole = (one: ServerStatus, other: ServerStatus): number =>
  Number(other.role === 'writer') - Number(one.role === 'writer')

type Asked = Readonly<{ status: DatabaseStatus; writer: string | undefined }>

const askSet = async ({ name, writer, readers }: PlacedSet): Promise<Asked> => {
  const urls = [writer, ...readers]
  const targets = targetsOf(urls, await resolveNames(namesIn(urls), systemLookup))
  const heard = await Promise.all(targets.map(target => askServer(target, timeoutMs)))
  const writers = heard.filter(({ status }) => status.role === 'writer')
  const servers = heard
    .map(one => besideWriter(one, writers.length === 1 ? writers[0] : undefined))
    .toSorted(byRole)
  return {
    status: { name, shard: null, servers, problems: problemsOf(servers) },
    writer: targets.find((_, at) => heard[at]?.status.role === 'writer')?.url,
  }
}

const askDatabase = async (sets: readonly PlacedSet[]): Promise<readonly DatabaseStatus[]> => {
  const asked = await Promise.all(sets.map(askSet))
  const shards = sets.flatMap(({ shard }, at) => (shard === null ? [] : { shard, writer: asked[at]?.writer }))
  const reports = await askShards(shards, timeoutMs)
  return asked.map(({ status }, at) => {
    const { held = null, problems = [] } = reports[at] ?? {}
    return { ...status, shard: held, problems: [...status.problems, ...problems] }
  })
}

/**
 * Asks every server of a topology how it is: role, lag, connections, size. A server stands in the list on either side,
 * as writer or reader: what it is now it says itself. The shards of a database also say what they hold.
 * @param databases  section `data`, key `databases`
 * @returns one entry a database, or one a shard; servers that do not answer within 2 s are in it, with the reason.
 *   Never rejects
 */
export const databaseStatus = async (
  databases: DataConfig['databases'],
): Promise<readonly DatabaseStatus[]> => {
  const all = Object.entries(databases).map(([name, place]) => askDatabase(replicaSetsOf(name, place)))
  return (await Promise.all(all)).flat()
}
