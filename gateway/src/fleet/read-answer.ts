import { combinedName, readCombinedName } from './combine-operations.ts'
import { badResponse } from './fetch-failures.ts'
import type { SubgraphError } from './fetch.ts'
import type { SubgraphAnswer } from './send-query.ts'
import type { Slot, SlotAnswer } from './slots.ts'

/** A slot's share of one HTTP request: all of it, or some of its representations. */
export type Part = Readonly<{
  slot: Slot
  representations?: readonly string[]
  /** Index of the first of them in the slot's list. */
  from: number
  /** Response names at the root, when it travels in a combined operation. */
  responseNames?: readonly string[]
}>

type Path = readonly (string | number)[]
/** Without a path: somewhere in the entities of that part. */
type Place = Readonly<{ index: number; path?: Path }>

const noErrors: readonly SubgraphError[] = Object.freeze([])

const isPath = (path: unknown): path is Path =>
  Array.isArray(path) &&
  path.length > 0 &&
  path.every(key => typeof key === 'string' || (Number.isInteger(key) && key >= 0))

/** Which part an error belongs to, and its path there as the contract has it. Nothing when that cannot be said. */
const placeOf = (path: unknown, parts: readonly Part[]): Place | undefined => {
  if (!isPath(path)) return undefined
  const [root] = path
  if (typeof root !== 'string') return undefined
  const [only] = parts
  const combined =
    only?.responseNames === undefined ? { index: 0, responseName: root } : readCombinedName(root)
  if (combined === undefined) return undefined
  const part = parts[combined.index]
  if (part === undefined) return undefined
  if (part.representations === undefined) {
    return { index: combined.index, path: [combined.responseName, ...path.slice(1)] }
  }
  if (combined.responseName !== '_entities') return undefined
  const row = path[1]
  if (typeof row !== 'number' || row >= part.representations.length) return { index: combined.index }
  return { index: combined.index, path: [row + part.from, ...path.slice(2)] }
}

const errorOf = (error: unknown, path?: Path): SubgraphError => {
  const { message, extensions } = (error ?? {}) as Record<string, unknown>
  return {
    message: typeof message === 'string' ? message : 'an error without a message',
    ...(path !== undefined && { path }),
    ...(typeof extensions === 'object' &&
      extensions !== null && {
        extensions: extensions as Record<string, unknown>,
      }),
  }
}

type Sorted = Readonly<{ byPart: readonly SubgraphError[][]; placeless: readonly SubgraphError[] }>

const sortErrors = (errors: readonly unknown[], parts: readonly Part[]): Sorted => {
  const byPart: SubgraphError[][] = parts.map(() => [])
  const placeless: SubgraphError[] = []
  for (const error of errors) {
    const place = placeOf((error as { path?: unknown } | null)?.path, parts)
    if (place === undefined) placeless.push(errorOf(error))
    else byPart[place.index]?.push(errorOf(error, place.path))
  }
  return { byPart, placeless }
}

/** The data of one of several queries, under its own names. */
const ownData = (
  data: Readonly<Record<string, unknown>>,
  index: number,
  responseNames: readonly string[],
): Readonly<Record<string, unknown>> => {
  const own: Record<string, unknown> = {}
  for (const name of responseNames) {
    const value = data[combinedName(index, name)]
    if (value === undefined) continue
    // An alias may be called so, and plain assignment would change the prototype.
    if (name === '__proto__') Object.defineProperty(own, name, { value, enumerable: true })
    else own[name] = value
  }
  return own
}

/** The path of an error leads to a row; where there are no rows, there is no path. */
const withoutPath = ({ path: _path, ...error }: SubgraphError): SubgraphError => error

const refused = (subgraph: string, reason: string): SlotAnswer => ({
  errors: noErrors,
  failure: badResponse(subgraph, reason),
  isUnclear: true,
})

const readEntities = (rows: unknown, part: Part, errors: readonly SubgraphError[]): SlotAnswer => {
  const { subgraph } = part.slot.known.template
  const asked = part.representations?.length ?? 0
  if ((rows === undefined || rows === null) && errors.length > 0) {
    return { errors: errors.map(withoutPath), isUnclear: true }
  }
  if (!Array.isArray(rows)) return refused(subgraph, '`_entities` is not a list')
  // Which row is which cannot be known, so that none is believed.
  if (rows.length !== asked) return refused(subgraph, `\`_entities\` has ${rows.length} rows, not ${asked}`)
  return { rows, errors, isUnclear: errors.some(({ path }) => path === undefined) }
}

const readPart = (
  data: Readonly<Record<string, unknown>>,
  index: number,
  part: Part,
  errors: readonly SubgraphError[],
): SlotAnswer => {
  const { responseNames, representations } = part
  if (representations !== undefined) {
    const name = responseNames === undefined ? '_entities' : combinedName(index, '_entities')
    return readEntities(data[name], part, errors)
  }
  if (responseNames === undefined) return { data, errors }
  const own = ownData(data, index, responseNames)
  // It may be that all was skipped; but it looks like a subgraph that has lost its way.
  return { data: own, errors, isUnclear: Object.keys(own).length === 0 }
}

const unreadable = (parts: readonly Part[], reason: string): readonly SlotAnswer[] =>
  parts.map(({ slot }) => refused(slot.known.template.subgraph, reason))

/** Nothing but errors. */
const readErrors = (parts: readonly Part[], { byPart, placeless }: Sorted): readonly SlotAnswer[] =>
  parts.map((part, index) => {
    const own = byPart[index] ?? []
    const errors = part.representations === undefined ? own : own.map(withoutPath)
    return { errors: [...errors, ...placeless], isUnclear: true }
  })

/**
 * Takes the answer to an HTTP request apart.
 * @returns an answer for each part; errors' paths begin in the part's own data, or at the index in the slot's list
 */
export const readAnswer = (answer: SubgraphAnswer, parts: readonly Part[]): readonly SlotAnswer[] => {
  const { data, verbatim } = answer
  if (verbatim !== undefined) return parts.map(() => ({ verbatim, errors: noErrors }))
  const errors: readonly unknown[] = Array.isArray(answer.errors) ? answer.errors : noErrors
  if (data === undefined || data === null) {
    if (errors.length === 0) return unreadable(parts, 'neither data nor errors')
    return readErrors(parts, sortErrors(errors, parts))
  }
  if (typeof data !== 'object' || Array.isArray(data)) return unreadable(parts, '`data` is not an object')
  if (errors.length === 0) return parts.map((part, index) => readPart(data, index, part, noErrors))
  const { byPart, placeless } = sortErrors(errors, parts)
  return parts.map((part, index) => {
    const read = readPart(data, index, part, [...(byPart[index] ?? []), ...placeless])
    return placeless.length > 0 ? { ...read, isUnclear: true } : read
  })
}
