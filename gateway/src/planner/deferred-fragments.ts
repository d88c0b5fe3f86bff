import {
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Supergraph } from '../supergraph/supergraph.ts'
import { activeDefers } from './conditions.ts'
import { planningDocument, type PlanningDocument } from './planning-document.ts'
import { fragmentsOf, type SelectionRules } from './rewrite-selections.ts'
import { visitSelections } from './visit-selections.ts'

/** An operation for the planner in which each deferred fragment is an inline one, with a label of its own. */
export type DeferredDocument = Readonly<{
  planning: PlanningDocument
  /** Label in the planning document to the client's, which may be absent. */
  labels: ReadonlyMap<string, string | undefined>
}>

const isDefer = ({ name }: DirectiveNode): boolean => name.value === 'defer'

/** The label of a deferred fragment of a planning document; undefined for a fragment that is not deferred. */
export const deferLabel = ({ directives }: InlineFragmentNode): string | undefined => {
  const label = directives?.find(isDefer)?.arguments?.[0]?.value
  return label?.kind === Kind.STRING ? label.value : undefined
}

const deferDirective = (label: string): DirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'defer' },
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'label' },
      value: { kind: Kind.STRING, value: label },
    },
  ],
})

const clientLabel = (node: DirectiveNode): string | undefined => {
  const label = node.arguments?.find(({ name }) => name.value === 'label')?.value
  return label?.kind === Kind.STRING ? label.value : undefined
}

const withoutDefer = (directives: readonly DirectiveNode[] = []): readonly DirectiveNode[] =>
  directives.filter(directive => !isDefer(directive))

/** Writes out named fragments that are deferred or have deferred ones in them: each place is an answer of its own. */
class FragmentWriter {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #deferOf: (node: SelectionNode) => DirectiveNode | undefined
  readonly #holdsDefer = new Map<string, boolean>()
  readonly labels = new Map<string, string | undefined>()

  constructor(
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    deferOf: (node: SelectionNode) => DirectiveNode | undefined,
  ) {
    this.#fragments = fragments
    this.#deferOf = deferOf
  }

  set(set: SelectionSetNode): SelectionSetNode {
    return { ...set, selections: set.selections.map(node => this.#selection(node)) }
  }

  #selection(node: SelectionNode): SelectionNode {
    if (node.kind === Kind.FIELD) {
      return node.selectionSet === undefined ? node : { ...node, selectionSet: this.set(node.selectionSet) }
    }
    if (node.kind === Kind.INLINE_FRAGMENT) return this.#fragment(node, node)
    const fragment = this.#fragments.get(node.name.value)
    if (fragment === undefined || !(this.#deferOf(node) !== undefined || this.#holds(fragment))) {
      return { ...node, directives: withoutDefer(node.directives) }
    }
    return this.#fragment(node, fragment)
  }

  #fragment(
    node: SelectionNode,
    { typeCondition, selectionSet }: FragmentDefinitionNode | InlineFragmentNode,
  ): InlineFragmentNode {
    const defer = this.#deferOf(node)
    const directives = [...withoutDefer(node.directives)]
    if (defer !== undefined) {
      const label = `d${this.labels.size}`
      this.labels.set(label, clientLabel(defer))
      directives.push(deferDirective(label))
    }
    return {
      kind: Kind.INLINE_FRAGMENT,
      ...(typeCondition !== undefined && { typeCondition }),
      directives,
      selectionSet: this.set(selectionSet),
    }
  }

  #holds(fragment: FragmentDefinitionNode): boolean {
    const name = fragment.name.value
    const known = this.#holdsDefer.get(name)
    if (known !== undefined) return known
    this.#holdsDefer.set(name, false)
    const holds = this.#setHolds(fragment.selectionSet)
    this.#holdsDefer.set(name, holds)
    return holds
  }

  #setHolds({ selections }: SelectionSetNode): boolean {
    return selections.some(node => {
      if (this.#deferOf(node) !== undefined) return true
      if (node.kind !== Kind.FRAGMENT_SPREAD) {
        return node.selectionSet !== undefined && this.#setHolds(node.selectionSet)
      }
      const fragment = this.#fragments.get(node.name.value)
      return fragment !== undefined && this.#holds(fragment)
    })
  }
}

const isAllDeferred = ({ selections }: SelectionSetNode): boolean =>
  selections.every(
    node =>
      node.kind === Kind.INLINE_FRAGMENT &&
      (deferLabel(node) !== undefined || isAllDeferred(node.selectionSet)),
  )

const rules: Partial<SelectionRules> = Object.freeze({
  keptDirectives: ({ directives = [] }: InlineFragmentNode) => directives.filter(isDefer),
  // The object itself is part of the first answer, whatever follows of it.
  mayEndEmpty: ({ selectionSet }: FieldNode) => selectionSet !== undefined && isAllDeferred(selectionSet),
})

/** Does an operation have `@defer` anywhere, switched on or not? */
export const mentionsDefer = (document: DocumentNode, definition: OperationDefinitionNode): boolean => {
  let mentions = false
  visitSelections(document, definition, ({ directives }) => {
    if (directives?.some(isDefer) === true) mentions = true
  })
  return mentions
}

/**
 * Makes an operation ready for the planner, with `@defer` on its deferred fragments: see planning-document.ts. What is
 * written out is bounded by the limit on selections, which counts fragments so.
 * @returns undefined when no fragment is deferred
 * @throws BAD_USER_INPUT when a condition is null
 */
export const deferredDocument = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  supergraph: Pick<Supergraph, 'apiSchema' | 'plannerNames' | 'requiredWithArguments'>,
): DeferredDocument | undefined => {
  const writer = new FragmentWriter(fragmentsOf(document), activeDefers(definition, variables))
  const written = { ...definition, selectionSet: writer.set(definition.selectionSet) }
  if (writer.labels.size === 0) return undefined
  const definitions = document.definitions.map(node => (node === definition ? written : node))
  const whole: DocumentNode = { ...document, definitions }
  const planning = planningDocument(whole, written, variables, supergraph, rules)
  return Object.freeze({ planning, labels: writer.labels })
}
