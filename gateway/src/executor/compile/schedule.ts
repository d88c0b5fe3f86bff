import { MarqueeError } from '@marquee/contract'
import type { FetchNode, PlanNode } from '../../planner/query-plan.ts'

/** A fetch node of a plan, where it arrives, and which ones (by number) must have ended before. */
export type ScheduledFetch = {
  readonly node: FetchNode
  readonly path: readonly (string | number)[]
  readonly after: readonly number[]
  /** 0 is sent at once; others wait for all of `after`, which are on lower levels. */
  level: number
}

/** Fetches of one subgraph that travel together, and which calls (by number) must have ended before. */
export type Call = Readonly<{ fetches: readonly number[]; after: readonly number[] }>

export type Schedule = Readonly<{ fetches: readonly ScheduledFetch[]; calls: readonly Call[] }>

const unknownNode = (kind: string): MarqueeError =>
  new MarqueeError('QUERY_PLANNING_FAILED', {}, { cause: new Error(`a plan node of unknown kind ${kind}`) })

/** The fetches of a plan in its order. */
const listFetches = (root: PlanNode): ScheduledFetch[] => {
  const fetches: ScheduledFetch[] = []
  /** @returns the numbers of all fetches below `node` */
  const visit = (
    node: PlanNode,
    path: readonly (string | number)[],
    after: readonly number[],
  ): readonly number[] => {
    switch (node.kind) {
      case 'Fetch': {
        const level = Math.max(-1, ...after.map(number => fetches[number]?.level ?? 0)) + 1
        fetches.push({ node, path, after, level })
        return [fetches.length - 1]
      }
      case 'Flatten':
        return visit(node.node, [...path, ...node.path], after)
      case 'Parallel':
        return node.nodes.flatMap(child => visit(child, path, after))
      case 'Sequence': {
        let before = after
        return node.nodes.flatMap(child => {
          const numbers = visit(child, path, before)
          if (numbers.length > 0) before = numbers
          return numbers
        })
      }
      default:
        throw unknownNode((node as { kind: string }).kind)
    }
  }
  visit(root, [], [])
  return fetches
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
const deferToLaterCalls = (fetches: readonly ScheduledFetch[]): void => {
  const deepest = Math.max(...fetches.map(({ level }) => level))
  const latestOf = (number: number): number => {
    const waiting = fetches.filter(({ after }) => after.includes(number)).map(({ level }) => level - 1)
    return Math.min(deepest, ...waiting)
  }
  for (let level = 0; level < deepest; level += 1) {
    const here = fetches.flatMap((fetch, number) => (fetch.level === level ? [number] : []))
    for (const numbers of groupBy(here, number => fetches[number]?.node.serviceName ?? '').values()) {
      const members = numbers.map(number => fetches[number] as ScheduledFetch)
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
const travelsAlone = ({ node }: ScheduledFetch): boolean => node.operationKind === 'mutation'

/**
 * Orders the fetches of a plan into calls: what is ready at the same time for the same subgraph is one call.
 * @throws QUERY_PLANNING_FAILED on a plan node of unknown kind
 */
export const schedule = (root: PlanNode): Schedule => {
  const fetches = listFetches(root)
  if (!fetches.some(travelsAlone)) deferToLaterCalls(fetches)
  const numbers = fetches.map((_fetch, number) => number)
  const groups = [
    ...groupBy(numbers, number => {
      const fetch = fetches[number] as ScheduledFetch
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
  return Object.freeze({ fetches, calls: Object.freeze(calls) })
}
