import type { Outcome } from './subject.ts'

/**
 * Where an error shows in the data: its path, up to the null that it left. Errors below one null are one thing to a
 * client, whichever field of them was first.
 */
const shownAt = (data: unknown, path: readonly (string | number)[]): string => {
  const shown: (string | number)[] = []
  let value = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null) break
    shown.push(step)
    value = Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined
  }
  return shown.join('.')
}

const placesOf = ({ data, errors }: Outcome): string[] =>
  [...new Set(errors.map(error => (error.path === undefined ? '?' : shownAt(data, error.path))))].toSorted()

/** What is wrong with an outcome, or undefined. Data is compared to the letter, errors by where they show. */
export const difference = (expected: Outcome, actual: Outcome): string | undefined => {
  if (JSON.stringify(expected.data) !== JSON.stringify(actual.data)) {
    return actual.errors.length === 0 ? 'data differs, silently' : 'data differs'
  }
  const wanted = placesOf(expected).join('\n')
  const found = placesOf(actual).join('\n')
  return wanted === found
    ? undefined
    : `errors differ: ${wanted || 'none'} expected, ${found || 'none'} found`
}
