import type { QueryPlan } from './query-plan.ts'

const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value
  for (const child of Object.values(value)) frozen(child)
  return Object.freeze(value)
}

/** @param text  a plan as JSON, from a planning process @returns the plan, frozen at every level */
export const readPlan = (text: string): QueryPlan => frozen(JSON.parse(text) as QueryPlan)
