import { impossiblePlan } from './impossible-plan.ts'
import type { PlannedFetch } from './plan-fetches.ts'
import { schedule, type Call } from './schedule.ts'

/** A deferred part by its number; undefined: the first answer. */
export type Part = number | undefined

export type PartedCall = Call & Readonly<{ part: Part }>

/** The calls of one part; `after` are those of other fetches, by their numbers in the plan. */
const callsOf = (fetches: readonly PlannedFetch[], numbers: readonly number[]): readonly Call[] => {
  const local = new Map(numbers.map((number, index) => [number, index]))
  const own = numbers.map(number => {
    const fetch = fetches[number] as PlannedFetch
    return { ...fetch, after: fetch.after.flatMap(other => local.get(other) ?? []) }
  })
  return schedule(own).map(call => {
    const members = call.fetches.map(index => numbers[index] as number)
    return { fetches: members, after: members.flatMap(number => fetches[number]?.after ?? []) }
  })
}

/** Calls behind those that they wait for. @throws QUERY_PLANNING_FAILED where some wait for each other */
const inOrder = (calls: readonly PartedCall[]): readonly number[] => {
  const order: number[] = []
  const state = new Map<number, 'begun' | 'done'>()
  const visit = (number: number): void => {
    if (state.get(number) === 'done') return
    if (state.get(number) === 'begun') throw impossiblePlan('calls of deferred parts wait for each other')
    state.set(number, 'begun')
    for (const other of calls[number]?.after ?? []) visit(other)
    state.set(number, 'done')
    order.push(number)
  }
  for (const number of calls.keys()) visit(number)
  return order
}

/**
 * Orders the fetches of a plan with deferred parts into calls. Fetches of different parts never travel together, or the
 * first answer would wait for what is deferred.
 * @param partOf  for each fetch
 * @returns calls, each behind those that it waits for
 */
export const scheduleParts = (
  fetches: readonly PlannedFetch[],
  partOf: readonly Part[],
): readonly PartedCall[] => {
  const parts = [...new Set(partOf)]
  const scheduled = parts.flatMap(part => {
    const numbers = [...fetches.keys()].filter(number => partOf[number] === part)
    return callsOf(fetches, numbers).map(call => ({ ...call, part }))
  })
  const callOf = new Map(scheduled.flatMap((call, number) => call.fetches.map(fetch => [fetch, number])))
  const calls = scheduled.map((call, number) => {
    const after = new Set(call.after.map(fetch => callOf.get(fetch) as number))
    // What travels together may wait for the same.
    after.delete(number)
    return { ...call, after: [...after] }
  })
  const order = inOrder(calls)
  const newNumber = new Map(order.map((old, index) => [old, index]))
  return Object.freeze(
    order.map(number => {
      const { fetches: members, after, part } = calls[number] as PartedCall
      return Object.freeze({
        fetches: Object.freeze([...members]),
        after: Object.freeze(after.map(other => newNumber.get(other) as number)),
        part,
      })
    }),
  )
}
