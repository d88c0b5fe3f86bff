import {
  getNamedType,
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

type Types = Pick<Supergraph, 'apiSchema' | 'isSubtype' | 'objectTypes'>

/**
 * Writes out named fragments that are deferred or have deferred ones in them: each place is an answer of its own. Type
 * conditions that always hold go, and fragments whose conditions never do: `... on A { ... on A @defer` makes the planner
 * run in circles.
 */
class FragmentWriter {
  readonly #types: Types
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #deferOf: (node: SelectionNode) => DirectiveNode | undefined
  readonly #holdsDefer = new Map<string, boolean>()
  readonly labels = new Map<string, string | undefined>()

  constructor(
    types: Types,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    deferOf: (node: SelectionNode) => DirectiveNode | undefined,
  ) {
    this.#types = types
    this.#fragments = fragments
    this.#deferOf = deferOf
  }

  /** @param type  that it is on; undefined within introspection */
  set(set: SelectionSetNode, type: string | undefined): SelectionSetNode {
    return { ...set, selections: set.selections.flatMap(node => this.#selection(node, type) ?? []) }
  }

  #selection(node: SelectionNode, type: string | undefined): SelectionNode | undefined {
    if (node.kind === Kind.FIELD) {
      if (node.selectionSet === undefined) return node
      return { ...node, selectionSet: this.set(node.selectionSet, this.#typeOf(node, type)) }
    }
    if (node.kind === Kind.INLINE_FRAGMENT) return this.#fragment(node, node, type)
    const fragment = this.#fragments.get(node.name.value)
    if (this.#isNever(type, fragment?.typeCondition.name.value)) return undefined
    if (fragment === undefined || !(this.#deferOf(node) !== undefined || this.#holds(fragment))) {
      return { ...node, directives: withoutDefer(node.directives) }
    }
    return this.#fragment(node, fragment, type)
  }

  /** A condition within one that is not there any more may not be valid any more. */
  #isNever(type: string | undefined, condition: string | undefined): boolean {
    if (type === undefined || condition === undefined) return false
    return this.#types.objectTypes.has(type) && !this.#types.isSubtype(type, condition)
  }

  #typeOf({ name }: FieldNode, holder: string | undefined): string | undefined {
    const type = holder === undefined ? undefined : this.#types.apiSchema.getType(holder)
    const field = type !== undefined && 'getFields' in type ? type.getFields()[name.value] : undefined
    return field === undefined ? undefined : getNamedType(field.type).name
  }

  #fragment(
    node: SelectionNode,
    { typeCondition, selectionSet }: FragmentDefinitionNode | InlineFragmentNode,
    type: string | undefined,
  ): InlineFragmentNode | undefined {
    const condition = typeCondition?.name.value ?? type
    if (this.#isNever(type, condition)) return undefined
    const isAlways = condition === undefined || (type !== undefined && this.#types.isSubtype(type, condition))
    const defer = this.#deferOf(node)
    const directives = [...withoutDefer(node.directives)]
    if (defer !== undefined) {
      const label = `d${this.labels.size}`
      this.labels.set(label, clientLabel(defer))
      directives.push(deferDirective(label))
    }
    return {
      kind: Kind.INLINE_FRAGMENT,
      ...(typeCondition !== undefined && !isAlways && { typeCondition }),
      directives,
      selectionSet: this.set(selectionSet, isAlways ? type : condition),
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
  supergraph: Types & Pick<Supergraph, 'plannerNames' | 'requiredWithArguments'>,
): DeferredDocument | undefined => {
  const writer = new FragmentWriter(supergraph, fragmentsOf(document), activeDefers(definition, variables))
  const root = supergraph.apiSchema.getRootType(definition.operation)?.name
  const written = { ...definition, selectionSet: writer.set(definition.selectionSet, root) }
  if (writer.labels.size === 0) return undefined
  const definitions = document.definitions.map(node => (node === definition ? written : node))
  const whole: DocumentNode = { ...document, definitions }
  const planning = planningDocument(whole, written, variables, supergraph, rules)
  return Object.freeze({ planning, labels: writer.labels })
}
