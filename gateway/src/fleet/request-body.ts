import { byteLru } from '../documents/byte-lru.ts'
import { combineOperations, combinedSuffix } from './combine-operations.ts'
import { openingOf, type KnownTemplate } from './known-templates.ts'
import type { Part } from './read-answer.ts'
import type { Slot } from './slots.ts'
import { suffixVariables } from './suffix-variables.ts'

type Combination = Readonly<{ opening: string; responseNames: readonly (readonly string[])[] }>

/** How much text of combined operations is remembered. Each set of templates that met is one. */
const maxBytes = 16 * 1024 * 1024

/** How much is remembered of which sets have met, in bytes: about ten thousand of them. */
const maxMetBytes = 1024 * 1024

const lists = (suffix: string, representations: readonly string[] | undefined): string =>
  representations === undefined ? '' : `"representations${suffix}":[${representations.join(',')}]`

const joined = (members: readonly string[]): string => members.filter(member => member !== '').join(',')

/** The JSON of a request that carries one part. Texts of representations go in as they are. */
const soloBody = ({ slot, representations }: Part): string => {
  const { known, variables } = slot
  const list = lists('', representations)
  return `${known.opening}${variables}${variables !== '' && list !== '' ? ',' : ''}${list}}}`
}

/** The JSON of a request that carries several parts in one operation. */
const combinedBody = (opening: string, parts: readonly Part[]): string => {
  const members = parts.flatMap(({ slot, representations }, index) => [
    suffixVariables(slot.variables, combinedSuffix(index)),
    lists(combinedSuffix(index), representations),
  ])
  return `${opening}${joined(members)}}}`
}

export type OperationCombiner = Readonly<{
  /** Makes one operation of several slots' templates, once for each set of templates. */
  combine: (slots: readonly Slot[]) => Combination
  /**
   * False the first time that a set of templates is asked about, unless there is an operation for it. A new operation
   * costs more than it saves, here and in the subgraph: with a thousand operations in random company, twice as much CPU
   * as none. So strangers travel together from their second meeting on.
   */
  hasMet: (slots: readonly Slot[]) => boolean
}>

const keyOf = (slots: readonly Slot[]): string => slots.map(({ known }) => known.id).join()

const make = (templates: readonly KnownTemplate[]): Combination => {
  const { text, responseNames } = combineOperations(templates.map(({ template }) => template.document))
  return Object.freeze({ opening: openingOf(text), responseNames })
}

export const operationCombiner = (): OperationCombiner => {
  const made = byteLru<Combination>(maxBytes)
  const met = byteLru<true>(maxMetBytes)
  return Object.freeze({
    combine: (slots: readonly Slot[]) => {
      const key = keyOf(slots)
      const found = made.get(key)
      if (found !== undefined) return found
      const combination = make(slots.map(({ known }) => known))
      made.set(key, combination, combination.opening.length * 4)
      return combination
    },
    hasMet: (slots: readonly Slot[]) => {
      const key = keyOf(slots)
      if (made.get(key) !== undefined || met.get(key) === true) return true
      met.set(key, true, key.length + 64)
      return false
    },
  })
}

/**
 * Writes the JSON of one HTTP request.
 * @returns the parts, with the names that they have in the operation when there are several
 */
export const pack = (
  parts: readonly Part[],
  combiner: OperationCombiner,
): Readonly<{ body: string; parts: readonly Part[] }> => {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return { body: soloBody(only), parts }
  const { opening, responseNames } = combiner.combine(parts.map(({ slot }) => slot))
  const packed = parts.map((part, index) => ({ ...part, responseNames: responseNames[index] ?? [] }))
  return { body: combinedBody(opening, packed), parts: packed }
}
