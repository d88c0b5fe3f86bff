import {
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type InlineFragmentNode,
  type NameNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** One operation and the fragments that it reaches, in the order in which it does. */
export type OperationParts = Readonly<{
  definition: OperationDefinitionNode
  fragments: readonly FragmentDefinitionNode[]
}>

/** Both depend on the node alone, never on where it stands: a fragment is rewritten once for all its places. */
export type SelectionRules = Readonly<{
  isKept: (node: SelectionNode) => boolean
  field: (node: FieldNode) => FieldNode
  /** None of the fragments that its selection consists of may apply to a value. */
  mayEndEmpty: (node: FieldNode) => boolean
  /** Directives of an inline fragment that stay. Absent: none. */
  keptDirectives?: (node: InlineFragmentNode) => readonly DirectiveNode[]
}>

/** The response name of what stands in a selection set that has nothing left in it. It is never shown to a client. */
export const emptySelectionName = '__marquee_empty'

const nameNode = (value: string): NameNode => Object.freeze({ kind: Kind.NAME, value })

const placeholder: FieldNode = Object.freeze({
  kind: Kind.FIELD,
  alias: nameNode(emptySelectionName),
  name: nameNode('__typename'),
})

const emptySelection: SelectionSetNode = Object.freeze({
  kind: Kind.SELECTION_SET,
  selections: Object.freeze([placeholder]),
})

/** The planner drops fragments that apply to nothing in a subgraph, and with the last one the field that they are in. */
const withPlaceholder = (node: SelectionSetNode): SelectionSetNode =>
  node.selections.some(({ kind }) => kind === Kind.FIELD)
    ? node
    : Object.freeze({ ...node, selections: Object.freeze([...node.selections, placeholder]) })

export const fragmentsOf = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap(node =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )

const noDirectives = Object.freeze({ directives: Object.freeze([]) })

class SelectionRewriter {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #rules: SelectionRules
  /** undefined for fragments with nothing left in them. */
  readonly rewritten = new Map<string, FragmentDefinitionNode | undefined>()

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>, rules: SelectionRules) {
    this.#fragments = fragments
    this.#rules = rules
  }

  set(node: SelectionSetNode): SelectionSetNode | undefined {
    const selections: SelectionNode[] = []
    for (const each of node.selections) {
      const selection = this.#rules.isKept(each) ? this.#selection(each) : undefined
      if (selection !== undefined) selections.push(selection)
    }
    return selections.length === 0
      ? undefined
      : Object.freeze({ ...node, selections: Object.freeze(selections) })
  }

  #selection(node: SelectionNode): SelectionNode | undefined {
    if (node.kind === Kind.FIELD) return this.#field(node)
    if (node.kind === Kind.INLINE_FRAGMENT) return this.#inlineFragment(node)
    return this.#keepsFragment(node.name.value) ? Object.freeze({ ...node, ...noDirectives }) : undefined
  }

  #field(node: FieldNode): FieldNode {
    const field = { ...this.#rules.field(node), ...noDirectives }
    if (node.selectionSet === undefined) return Object.freeze(field)
    const selectionSet = this.set(node.selectionSet) ?? emptySelection
    return Object.freeze({
      ...field,
      selectionSet: this.#rules.mayEndEmpty(node) ? withPlaceholder(selectionSet) : selectionSet,
    })
  }

  #inlineFragment(node: InlineFragmentNode): InlineFragmentNode | undefined {
    const selectionSet = this.set(node.selectionSet)
    if (selectionSet === undefined) return undefined
    const directives = this.#rules.keptDirectives?.(node) ?? noDirectives.directives
    return Object.freeze({ ...node, directives, selectionSet })
  }

  #keepsFragment(name: string): boolean {
    if (this.rewritten.has(name)) return this.rewritten.get(name) !== undefined
    // It takes its place now, before those that it spreads take theirs.
    this.rewritten.set(name, undefined)
    const fragment = this.#fragments.get(name)
    const selectionSet = fragment === undefined ? undefined : this.set(fragment.selectionSet)
    const isKept = fragment !== undefined && selectionSet !== undefined
    this.rewritten.set(
      name,
      isKept ? Object.freeze({ ...fragment, ...noDirectives, selectionSet }) : undefined,
    )
    return isKept
  }
}

/**
 * Rewrites an operation and the fragments that it reaches, in time linear in their text. Directives go, but for
 * `keptDirectives`.
 * Fragments that nothing is left of go, too; a field or an operation of which nothing is left selects
 * `emptySelectionName: __typename`, because the object itself still is part of the answer; so does one that may end so.
 */
export const rewriteSelections = (
  definition: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  rules: SelectionRules,
): OperationParts => {
  const rewriter = new SelectionRewriter(fragments, rules)
  const selectionSet = rewriter.set(definition.selectionSet) ?? emptySelection
  return Object.freeze({
    definition: Object.freeze({ ...definition, ...noDirectives, selectionSet }),
    fragments: Object.freeze([...rewriter.rewritten.values()].filter(fragment => fragment !== undefined)),
  })
}
