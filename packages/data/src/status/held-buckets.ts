import { plainTypes } from '../plain-types.ts'
import { wholeMap } from '../shards/shard-copy.ts'
import { mergeCopies, type MapCopy } from '../shards/shard-map.ts'
import { withClient } from '../with-client.ts'

/** What a shard holds, by the newest map that any shard of its database knows. */
export type HeldBuckets = Readonly<{
  /** What the shard calls itself. */
  name: string
  buckets: number
  /** `0-511, 600`. */
  ranges: string
  /** How many of them take no writes now. */
  fenced: number
  /** Of its own copy of the map. */
  mapVersion: number
}>

type Copy = MapCopy & Readonly<{ name: string; fenced: number }>

const question = `select m.*, (select count(*)::int from marquee.shard_map where state = 'fenced') as fenced
  from (${wholeMap}) m`

const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === '42P01'

/** @returns null of a shard that has no map */
const askCopy = (url: string, timeoutMs: number): Promise<Copy | null> =>
  withClient(
    url,
    async client => (await client.query<Copy>({ text: question, types: plainTypes })).rows[0] ?? null,
    timeoutMs,
  ).catch((error: unknown) => {
    if (isMissing(error)) return null
    throw error
  })

const rangesOf = (buckets: readonly number[]): string => {
  const ranges: [number, number][] = []
  for (const bucket of buckets) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === bucket - 1) last[1] = bucket
    else ranges.push([bucket, bucket])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}

/** One shard of a topology, and where it takes writes; undefined when that is not known. */
export type AskedShard = Readonly<{ shard: string; writer: string | undefined }>

export type ShardReport = Readonly<{ held: HeldBuckets | null; problems: readonly string[] }>

const reportOf = (shard: string, copy: Copy | null, owners: readonly string[]): ShardReport => {
  if (copy === null) {
    // A database whose subgraph never ran has none on any shard, and needs none.
    const othersHaveOne = owners.length > 0
    return {
      held: null,
      problems: othersHaveOne
        ? ['it has no map of the shards yet: it gets one when its subgraph starts']
        : [],
    }
  }
  const buckets = [...owners.keys()].filter(bucket => owners[bucket] === shard)
  const { name, fenced, version: mapVersion } = copy
  return {
    held: { name, buckets: buckets.length, ranges: rangesOf(buckets), fenced, mapVersion },
    problems: [
      ...(name === shard ? [] : [`it says that it is the shard "${name}"`]),
      ...(fenced === 0 ? [] : [`${fenced} buckets take no writes now: they are being moved`]),
    ],
  }
}

/**
 * Asks the shards of one database who has which buckets.
 * @returns one report a shard, in their order; of those that cannot be asked without problems of their own
 */
export const askShards = async (
  shards: readonly AskedShard[],
  timeoutMs: number,
): Promise<readonly ShardReport[]> => {
  const copies = await Promise.all(
    shards.map(async ({ writer }) =>
      writer === undefined
        ? undefined
        : askCopy(writer, timeoutMs).catch((error: unknown) => (error as Error).message),
    ),
  )
  const known = copies.filter(copy => typeof copy === 'object' && copy !== null)
  const owners = known.reduce<MapCopy | undefined>(
    (one, other) => (one === undefined ? other : mergeCopies(one, other)),
    undefined,
  )?.owners
  const names = new Set(shards.map(({ shard }) => shard))
  const unknown = [...new Set(owners)].filter(owner => !names.has(owner))
  return shards.map(({ shard }, at) => {
    const copy = copies[at]
    if (copy === undefined) return { held: null, problems: [] }
    if (typeof copy === 'string') return { held: null, problems: [`it does not tell its buckets: ${copy}`] }
    const report = reportOf(shard, copy, owners ?? [])
    const strange = at === 0 ? unknown : []
    return {
      ...report,
      problems: [
        ...report.problems,
        ...strange.map(
          owner =>
            `the map gives ${owners?.filter(one => one === owner).length} buckets to "${owner}", which is not configured`,
        ),
      ],
    }
  })
}
