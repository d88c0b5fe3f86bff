import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'

/** How large one operation is once its fragments are written out. */
export type DocumentSize = Readonly<{
  depth: number
  selections: number
  aliases: number
  rootFields: number
}>

const nothing: DocumentSize = Object.freeze({ depth: 0, selections: 0, aliases: 0, rootFields: 0 })

/** Counts add up to this at most, so that exponential fan-out stays a number. */
const ceiling = Number.MAX_SAFE_INTEGER / 4
const add = (a: number, b: number): number => Math.min(a + b, ceiling)

/**
 * The largest sizes over all operations of a document, in one pass: each fragment is measured once, however often
 * it is spread, so that the time is linear in the text even where the expansion is exponential. Unknown fragments
 * and cycles count as nothing: validation names them.
 */
export const measureDocument = (document: DocumentNode): DocumentSize => {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const measured = new Map<string, DocumentSize>()

  const measureFragment = (name: string): DocumentSize => {
    const known = measured.get(name)
    if (known !== undefined) return known
    measured.set(name, nothing)
    const fragment = fragments.get(name)
    const size = fragment === undefined ? nothing : measureSelections(fragment.selectionSet)
    measured.set(name, size)
    return size
  }

  const measureSelections = (set: SelectionSetNode): DocumentSize => {
    let depth = 0
    let selections = 0
    let aliases = 0
    let rootFields = 0
    const include = (size: DocumentSize, levels: number, fields: number): void => {
      depth = Math.max(depth, size.depth + levels)
      selections = add(selections, size.selections + fields)
      aliases = add(aliases, size.aliases)
      rootFields = add(rootFields, levels === 0 ? size.rootFields : fields)
    }
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        include(measureFragment(selection.name.value), 0, 0)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        include(measureSelections(selection.selectionSet), 0, 0)
      } else {
        include(
          selection.selectionSet === undefined ? nothing : measureSelections(selection.selectionSet),
          1,
          1,
        )
        if (selection.alias !== undefined) aliases = add(aliases, 1)
      }
    }
    return { depth, selections, aliases, rootFields }
  }

  let largest = nothing
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const size = measureSelections(definition.selectionSet)
    largest = {
      depth: Math.max(largest.depth, size.depth),
      selections: Math.max(largest.selections, size.selections),
      aliases: Math.max(largest.aliases, size.aliases),
      rootFields: Math.max(largest.rootFields, size.rootFields),
    }
  }
  return largest
}
