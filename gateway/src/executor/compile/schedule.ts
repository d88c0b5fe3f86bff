import type { PlannedFetch } from './plan-fetches.ts'

/** Fetches of one subgraph that travel together, and which calls (by number) must have ended before. */
export type Call = Readonly<{ fetches: readonly number[]; after: readonly number[] }>

/** A fetch on its way into a call. */
type Scheduled = PlannedFetch & {
  /** 0 is sent at once; others wait for all of `after`, which are on lower levels. */
  level: number
}

const levelled = (fetches: readonly PlannedFetch[]): readonly Scheduled[] => {
  const levels: number[] = []
  const levelOf = (number: number): number => {
    const known = levels[number]
    if (known !== undefined) return known
    const level = Math.max(-1, ...(fetches[number]?.after ?? []).map(levelOf)) + 1
    levels[number] = level
    return level
  }
  return fetches.map((fetch, number) => ({ ...fetch, level: levelOf(number) }))
}

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/**
 * An entity fetch that nothing waits for yet goes to a later level at which its subgraph is called anyway: it makes
 * the answer no later, and there is one request less.
 */
const deferToLaterCalls = (fetches: readonly Scheduled[]): void => {
  const deepest = Math.max(...fetches.map(({ level }) => level))
  const latestOf = (number: number): number => {
    const waiting = fetches.filter(({ after }) => after.includes(number)).map(({ level }) => level - 1)
    return Math.min(deepest, ...waiting)
  }
  for (let level = 0; level < deepest; level += 1) {
    const here = fetches.flatMap((fetch, number) => (fetch.level === level ? [number] : []))
    for (const numbers of groupBy(here, number => fetches[number]?.node.serviceName ?? '').values()) {
      const members = numbers.map(number => fetches[number] as Scheduled)
      if (members.some(({ node }) => node.requires === undefined)) continue
      const latest = Math.min(...numbers.map(latestOf))
      const later = fetches
        .filter(({ node }) => node.serviceName === members[0]?.node.serviceName)
        .map(fetch => fetch.level)
        .filter(other => other > level && other <= latest)
      if (later.length === 0) continue
      const target = Math.min(...later)
      for (const member of members) member.level = target
    }
  }
}

/** Root fields of a mutation change things one after the other, each in a request of its own. */
const travelsAlone = ({ node }: Scheduled): boolean => node.operationKind === 'mutation'

/**
 * Orders the fetches of a plan into calls: what is ready at the same time for the same subgraph is one call.
 * @param planned  no fetch waits for itself, over whatever others
 * @returns calls, each behind those that it waits for
 */
export const schedule = (planned: readonly PlannedFetch[]): readonly Call[] => {
  const fetches = levelled(planned)
  if (!fetches.some(travelsAlone)) deferToLaterCalls(fetches)
  const numbers = fetches.map((_fetch, number) => number)
  const groups = [
    ...groupBy(numbers, number => {
      const fetch = fetches[number] as Scheduled
      return `${fetch.level} ${travelsAlone(fetch) ? number : ''} ${fetch.node.serviceName}`
    }).values(),
  ].toSorted((a, b) => (fetches[a[0] ?? 0]?.level ?? 0) - (fetches[b[0] ?? 0]?.level ?? 0))
  const callOf = new Map(groups.flatMap((group, call) => group.map(number => [number, call] as const)))
  const calls = groups.map(group =>
    Object.freeze({
      fetches: Object.freeze(group),
      after: Object.freeze([
        ...new Set(
          group.flatMap(number => fetches[number]?.after ?? []).map(number => callOf.get(number) ?? 0),
        ),
      ]),
    }),
  )
  return Object.freeze(calls)
}
