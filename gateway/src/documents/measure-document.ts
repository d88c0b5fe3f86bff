import {
  Kind,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** How large a document is once its fragments are written out. */
export type DocumentSize = Readonly<{
  /** Selection sets in each other, those of fragments too, in any definition: what a recursive walk goes down. */
  nesting: number
  /** Fields in each other. */
  depth: number
  /** Fields and fragments, in all operations together: each of them is validated. */
  selections: number
  aliases: number
  directives: number
  /** At the root of the operation that has most. */
  rootFields: number
}>

const nothing: DocumentSize = Object.freeze({
  nesting: 0,
  depth: 0,
  selections: 0,
  aliases: 0,
  directives: 0,
  rootFields: 0,
})

/** Counts add up to this at most, so that exponential fan-out stays a number. */
const ceiling = Number.MAX_SAFE_INTEGER / 4
const add = (a: number, b: number): number => Math.min(a + b, ceiling)

/** Two sizes that stand beside each other in one place. */
const together = (a: DocumentSize, b: DocumentSize): DocumentSize => ({
  nesting: Math.max(a.nesting, b.nesting),
  depth: Math.max(a.depth, b.depth),
  selections: add(a.selections, b.selections),
  aliases: add(a.aliases, b.aliases),
  directives: add(a.directives, b.directives),
  rootFields: add(a.rootFields, b.rootFields),
})

const countOf = (list: readonly unknown[] | undefined): number => list?.length ?? 0

const fragmentsOf = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> => {
  const isFragment = (node: DefinitionNode): node is FragmentDefinitionNode =>
    node.kind === Kind.FRAGMENT_DEFINITION
  return new Map(document.definitions.filter(isFragment).map(node => [node.name.value, node]))
}

/** Measures selection sets. Each fragment is measured once, however often it is spread. */
const selectionMeasure = (
  document: DocumentNode,
  maxNesting: number,
): Readonly<{
  ofSet: (set: SelectionSetNode, level: number) => DocumentSize
  ofFragment: (name: string) => DocumentSize
}> => {
  const fragments = fragmentsOf(document)
  const measured = new Map<string, DocumentSize>()

  const ofFragment = (name: string, level = 0): DocumentSize => {
    const known = measured.get(name)
    if (known !== undefined) return known
    measured.set(name, nothing)
    const fragment = fragments.get(name)
    if (fragment === undefined) return nothing
    const inner = ofSet(fragment.selectionSet, level)
    const size = { ...inner, directives: add(inner.directives, countOf(fragment.directives)) }
    measured.set(name, size)
    return size
  }

  const within = (selection: SelectionNode, level: number): DocumentSize => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value, level)
    return selection.selectionSet === undefined ? nothing : ofSet(selection.selectionSet, level)
  }

  const ofSelection = (selection: SelectionNode, level: number): DocumentSize => {
    const inner = within(selection, level)
    const isField = selection.kind === Kind.FIELD
    return {
      nesting: inner.nesting,
      depth: inner.depth + (isField ? 1 : 0),
      selections: add(inner.selections, 1),
      aliases: add(inner.aliases, isField && selection.alias !== undefined ? 1 : 0),
      directives: add(inner.directives, countOf(selection.directives)),
      rootFields: isField ? 1 : inner.rootFields,
    }
  }

  const ofSet = ({ selections }: SelectionSetNode, level: number): DocumentSize => {
    // The stack must not end in here: what is deeper is refused, so its size does not matter.
    if (level > maxNesting) return { ...nothing, nesting: 1 }
    let size = nothing
    for (const selection of selections) size = together(size, ofSelection(selection, level + 1))
    return { ...size, nesting: size.nesting + 1 }
  }
  return { ofSet, ofFragment }
}

const directivesOf = ({ directives, variableDefinitions = [] }: OperationDefinitionNode): number =>
  variableDefinitions.reduce((sum, variable) => sum + countOf(variable.directives), countOf(directives))

/**
 * Measures a document in time linear in its text, even where the expansion of its fragments is exponential. Unknown
 * fragments and cycles count as nothing: validation names them.
 * @param maxNesting  selection sets are followed this deep; `nesting` is above it when there are deeper ones
 */
export const measureDocument = (document: DocumentNode, maxNesting: number): DocumentSize => {
  const measure = selectionMeasure(document, maxNesting)
  let nesting = 0
  let rootFields = 0
  let whole = nothing
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      nesting = Math.max(nesting, measure.ofFragment(definition.name.value).nesting)
    }
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const size = measure.ofSet(definition.selectionSet, 0)
    rootFields = Math.max(rootFields, size.rootFields)
    whole = together(whole, { ...size, directives: add(size.directives, directivesOf(definition)) })
  }
  return { ...whole, nesting: Math.max(nesting, whole.nesting), rootFields }
}
