import { Kind, type FieldNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import type { FetchNode, PlanSelection } from '../../planner/query-plan.ts'
import { unionOf, type FieldTree } from '../../supergraph/field-tree.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { impossiblePlan } from './impossible-plan.ts'

type Known = Pick<
  Supergraph,
  'apiSchema' | 'hasRequirements' | 'isExternal' | 'keysOf' | 'providedBy' | 'requirementOf' | 'typeOfField'
>

const nothing: FieldTree = new Map()

const responseNameOf = (node: FieldNode): string => node.alias?.value ?? node.name.value

/** What is selected, type conditions aside. */
type Selected = ReadonlyMap<string, Selected>

const selectedIn = ({ selections }: SelectionSetNode, into = new Map<string, Selected>()): Selected => {
  for (const node of selections) {
    if (node.kind === Kind.INLINE_FRAGMENT) selectedIn(node.selectionSet, into)
    if (node.kind !== Kind.FIELD) continue
    const below = new Map(into.get(responseNameOf(node)))
    into.set(
      responseNameOf(node),
      node.selectionSet === undefined ? below : selectedIn(node.selectionSet, below),
    )
  }
  return into
}

const sentIn = (selections: readonly PlanSelection[], into = new Map<string, Selected>()): Selected => {
  for (const node of selections) {
    if (node.kind === 'InlineFragment') sentIn(node.selections, into)
    else into.set(node.name, sentIn(node.selections ?? [], new Map(into.get(node.name))))
  }
  return into
}

const covers = (selected: Selected, need: FieldTree): boolean =>
  [...need].every(([name, below]) => {
    const found = selected.get(name)
    return found !== undefined && covers(found, below)
  })

class Check {
  readonly #subgraph: string
  readonly #known: Known

  constructor(subgraph: string, known: Known) {
    this.#subgraph = subgraph
    this.#known = known
  }

  /**
   * @param type      of the values; undefined: not known, nothing is checked
   * @param provided  what `@provides` adds to what the subgraph has
   * @param sent      what representations consist of
   * @param beside    all that is selected of the values
   */
  set(
    { selections }: SelectionSetNode,
    type: string | undefined,
    provided: FieldTree,
    sent: Selected,
    beside: Selected,
  ): void {
    for (const node of selections) {
      if (node.kind === Kind.INLINE_FRAGMENT) {
        this.set(node.selectionSet, node.typeCondition?.name.value ?? type, provided, sent, beside)
      }
      if (node.kind !== Kind.FIELD || type === undefined || node.name.value === '__typename') continue
      this.#field(node, type, provided, sent, beside)
      if (node.selectionSet === undefined) continue
      const name = node.name.value
      const below = this.#providedBelow(type, name, provided)
      const typeBelow = this.#known.typeOfField(type, name)
      this.set(node.selectionSet, typeBelow, below, new Map(), selectedIn(node.selectionSet))
    }
  }

  /** Parts of keys are there as well, external or not. */
  #providedBelow(type: string, name: string, provided: FieldTree): FieldTree {
    const { keysOf, providedBy } = this.#known
    const trees = keysOf(this.#subgraph, type).map(key => key.get(name))
    const all = [...trees, provided.get(name), providedBy(this.#subgraph, type, name)]
    return unionOf(all.filter(tree => tree !== undefined))
  }

  #field(node: FieldNode, type: string, provided: FieldTree, sent: Selected, beside: Selected): void {
    const { isExternal, keysOf, requirementOf } = this.#known
    const name = node.name.value
    const place = `${type}.${name}`
    const isKnown = (): boolean =>
      provided.has(name) || sent.has(name) || keysOf(this.#subgraph, type).some(key => key.has(name))
    if (isExternal(this.#subgraph, type, name) && !isKnown()) {
      throw impossiblePlan(`${this.#subgraph} is asked for ${place}, which it does not have`)
    }
    const need = requirementOf(this.#subgraph, type, name)
    if (need === undefined || covers(sent, need) || covers(beside, need)) return
    throw impossiblePlan(`${this.#subgraph} is asked for ${place} without what that requires`)
  }
}

/**
 * Checks that a subgraph has what it is asked for: the planner forgets what a field requires if that field is itself
 * required by another, of which it is in the same subgraph.
 * @param set  what is selected of the entities, or at the root
 * @throws QUERY_PLANNING_FAILED
 */
export const checkSelections = (
  { serviceName, requires }: FetchNode,
  { operation }: OperationDefinitionNode,
  set: SelectionSetNode,
  known: Known,
): void => {
  if (!known.hasRequirements(serviceName)) return
  const root = requires === undefined ? known.apiSchema.getRootType(operation)?.name : undefined
  new Check(serviceName, known).set(set, root, nothing, sentIn(requires ?? []), selectedIn(set))
}
