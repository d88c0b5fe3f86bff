import {
  Kind,
  OperationTypeNode,
  print,
  stripIgnoredCharacters,
  visit,
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type NameNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** Several operations made one. Frozen. */
export type CombinedOperation = Readonly<{
  text: string
  /** For each of them, the response names at its root. */
  responseNames: readonly (readonly string[])[]
}>

/** What operation `index` calls a field at its root, within the combined one. */
export const combinedName = (index: number, responseName: string): string => `_${index}_${responseName}`

/** What stands behind the names of variables (and fragments) of operation `index`. */
export const combinedSuffix = (index: number): string => `_${index}`

const combinedNamePattern = /^_(\d+)_(.+)$/

/** Reads what `combinedName` wrote. */
export const readCombinedName = (
  name: string,
): Readonly<{ index: number; responseName: string }> | undefined => {
  const [, index, responseName] = combinedNamePattern.exec(name) ?? []
  return responseName === undefined ? undefined : { index: Number(index), responseName }
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

const named = (value: string): NameNode => ({ kind: Kind.NAME, value })

/** Renames the fields at the root. A fragment that is spread there may be spread deeper too: it is written out. */
const renameRoot = (
  set: SelectionSetNode,
  rename: (responseName: string) => string,
  fragments: Fragments,
): SelectionSetNode => {
  const renameOne = (selection: SelectionNode): SelectionNode => {
    if (selection.kind === Kind.FIELD) {
      return { ...selection, alias: named(rename((selection.alias ?? selection.name).value)) }
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return { ...selection, selectionSet: renameRoot(selection.selectionSet, rename, fragments) }
    }
    const fragment = fragments.get(selection.name.value)
    if (fragment === undefined) throw new Error(`there is no fragment ${selection.name.value}`)
    return {
      kind: Kind.INLINE_FRAGMENT,
      typeCondition: fragment.typeCondition,
      directives: selection.directives ?? [],
      selectionSet: renameRoot(fragment.selectionSet, rename, fragments),
    }
  }
  return { ...set, selections: set.selections.map(renameOne) }
}

/** The fragments that are left in use, each once. */
const usedFragments = (node: ASTNode, fragments: Fragments): ReadonlySet<FragmentDefinitionNode> => {
  const used = new Set<FragmentDefinitionNode>()
  const collect = (from: ASTNode): void => {
    visit(from, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)
        if (fragment === undefined || used.has(fragment)) return
        used.add(fragment)
        collect(fragment)
      },
    })
  }
  collect(node)
  return used
}

const withSuffix = <N extends ASTNode>(node: N, suffix: string): N => {
  const rename = <T extends { name: NameNode }>(renamed: T): T => ({
    ...renamed,
    name: named(renamed.name.value + suffix),
  })
  return visit(node, {
    Variable: { leave: rename },
    FragmentSpread: { leave: rename },
    FragmentDefinition: { leave: rename },
  })
}

type Renamed = Readonly<{
  operation: OperationDefinitionNode
  fragments: readonly FragmentDefinitionNode[]
  responseNames: readonly string[]
}>

const renameOperation = (document: DocumentNode, index: number): Renamed => {
  const fragments = new Map<string, FragmentDefinitionNode>()
  let operation: OperationDefinitionNode | undefined
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
    if (node.kind === Kind.OPERATION_DEFINITION) operation = node
  }
  if (operation === undefined) throw new Error('a fetch without an operation')
  const responseNames = new Set<string>()
  const rename = (responseName: string): string => {
    responseNames.add(responseName)
    return combinedName(index, responseName)
  }
  const own = { ...operation, selectionSet: renameRoot(operation.selectionSet, rename, fragments) }
  const suffix = combinedSuffix(index)
  return {
    operation: withSuffix(own, suffix),
    fragments: [...usedFragments(own, fragments)].map(fragment => withSuffix(fragment, suffix)),
    responseNames: Object.freeze([...responseNames]),
  }
}

/**
 * Makes one query of several: variables and fragments get a suffix, fields at the root a prefix, by their place in
 * `documents`.
 * @param documents  one query each, without directives on the operation
 */
export const combineOperations = (documents: readonly DocumentNode[]): CombinedOperation => {
  const parts = documents.map(renameOperation)
  const operation: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: OperationTypeNode.QUERY,
    variableDefinitions: parts.flatMap(part => part.operation.variableDefinitions ?? []),
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: parts.flatMap(part => part.operation.selectionSet.selections),
    },
  }
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [operation, ...parts.flatMap(part => part.fragments)],
  }
  return Object.freeze({
    text: stripIgnoredCharacters(print(document)),
    responseNames: Object.freeze(parts.map(part => part.responseNames)),
  })
}
