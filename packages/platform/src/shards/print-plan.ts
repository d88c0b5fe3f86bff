import { printBuckets, type MovePlan } from '@marquee/data/resharding'
import { bytes } from '../terminal/bytes.ts'
import { table } from '../terminal/table.ts'

/** `870 ms`, `4.2 s`, `3 min 20 s`. */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `1,234,567`. */
export const count = (number: number): string => number.toLocaleString('en')

const longestList = 60

/** How many, and which, as far as a line holds them. */
export const bucketsInWords = (buckets: readonly number[]): string => {
  const list = printBuckets(buckets)
  const shown = list.length > longestList ? `${list.slice(0, longestList)} …` : list
  return `${buckets.length} ${buckets.length === 1 ? 'bucket' : 'buckets'} (${shown})`
}

const printOne = ({ source, target, buckets, tables, freeBytes, estimateMs }: MovePlan): string => {
  const rows = tables.map(({ name, rows: some, bytes: size }) => [`  ${name}`, count(some), bytes(size)])
  const room = freeBytes === null ? '' : `; ${bytes(freeBytes)} are free on ${target}`
  return [
    `${bucketsInWords(buckets)} from ${source} to ${target}, in about ${duration(estimateMs)}${room}`,
    '',
    table(['  table', 'rows', 'about'], rows),
  ].join('\n')
}

/** What will be done, for people. */
export const printPlans = (plans: readonly MovePlan[]): string => {
  const parts = plans.map(printOne)
  if (plans.length > 1) {
    const ms = plans.reduce((sum, { estimateMs }) => sum + estimateMs, 0)
    const rows = plans.reduce((sum, plan) => sum + plan.rows, 0)
    parts.push(`${plans.length} moves, one after the other: ${count(rows)} rows, about ${duration(ms)}`)
  }
  return parts.join('\n\n')
}
