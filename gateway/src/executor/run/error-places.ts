import type { ResponsePath } from './response-path.ts'

type Placed = Readonly<{ path?: ResponsePath | undefined }>

export const isPrefix = (path: ResponsePath, of: ResponsePath): boolean =>
  path.every((step, index) => step === of[index])

/** Is an error at, above or below a place? One without a path may be anywhere. */
export const concerns = ({ path }: Placed, place: ResponsePath): boolean =>
  path === undefined || isPrefix(place, path) || isPrefix(path, place)

/** Is what an error is about in the data, or the null that it left? */
export const isShown = ({ path = [] }: Placed, data: unknown): boolean => {
  let value = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return true
    if (!Object.hasOwn(value, step)) return false
    value = (value as Readonly<Record<string | number, unknown>>)[step]
  }
  return true
}
