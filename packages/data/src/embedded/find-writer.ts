import { stat } from 'node:fs/promises'
import { MarqueeError } from '@marquee/contract'
import { clusterRole, latestTimeline, systemIdentifier, unfence, type ClusterRole } from './cluster-role.ts'
import { isOwnerGone, stopOrphan } from './ownership.ts'
import { placeServer } from './placement.ts'

/** A place for one server of a replica set. Its role is not in its name. */
export type Member = Readonly<{ name: string; folder: string }>

type Found = Member &
  Readonly<{ place: string; data: string; role: ClusterRole; timeline: number; identity: string | undefined }>

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const lookAt = async (member: Member): Promise<readonly Found[]> => {
  if (!(await exists(member.folder))) return []
  const { folder: place, data } = await placeServer(member.folder)
  const [role, timeline, identity] = await Promise.all([
    clusterRole(place, data),
    latestTimeline(data),
    systemIdentifier(data),
  ])
  return role === 'none' ? [] : [{ ...member, place, data, role, timeline, identity }]
}

const refuse = (reason: string): MarqueeError =>
  new MarqueeError('POSTGRES_START_FAILED', { reason, log: 'not written yet' })

const newest = (found: readonly Found[]): Found | undefined =>
  found.toSorted((one, other) => other.timeline - one.timeline)[0]

/**
 * Reads from the data which member of a replica set is the writer: the one that is no replica; of two, the one that was
 * promoted last. When a failover was broken off before its promotion, the fenced writer, which has everything that
 * anybody has, is the writer again. Servers must be down, or orphans of a platform that was killed.
 * @returns the first member when there is no data at all
 * @throws POSTGRES_START_FAILED when the data does not say
 */
export const findWriter = async (members: readonly Member[]): Promise<Member> => {
  const found = (await Promise.all(members.map(lookAt))).flat()
  const [first] = members
  if (first === undefined) throw refuse('a replica set has at least one member')
  if (found.length === 0) return first
  const writers = found.filter(({ role }) => role === 'writer')
  if (new Set(writers.map(({ identity }) => identity)).size > 1) {
    const places = writers.map(({ data }) => data).join(' and ')
    throw refuse(
      `${places} hold different databases, and each says that it is the writer. Move one of them away`,
    )
  }
  const writer = newest(writers)
  if (writer !== undefined) return members.find(({ name }) => name === writer.name) ?? first
  const fenced = newest(found.filter(({ role }) => role === 'fenced'))
  if (fenced === undefined) {
    const places = found.map(({ data }) => data).join(', ')
    throw refuse(
      `there are only replicas (${places}): delete standby.signal from the one that shall be the writer`,
    )
  }
  await unfence(fenced.place, fenced.data)
  return members.find(({ name }) => name === fenced.name) ?? first
}

/** Ends the servers of members that are not to run, which a killed platform left behind. */
export const stopUnwanted = async (members: readonly Member[]): Promise<void> => {
  for (const { folder } of members) {
    if (!(await exists(folder))) continue
    const { folder: place, data } = await placeServer(folder)
    if (await isOwnerGone(place)) await stopOrphan(data)
  }
}

/** Whether any member has data, of whatever role. The servers may run. */
export const haveData = async (members: readonly Member[]): Promise<boolean> =>
  (await Promise.all(members.map(lookAt))).flat().length > 0
