import {
  Kind,
  print,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf } from './rewrite-selections.ts'

/** Beyond this many selections, fragments written out, nothing is looked for: the limits refuse such operations. */
const maxSelections = 20_000

/** What a field asks for: equal for fields that may merge. */
const askedBy = (node: FieldNode): string => {
  const parts = (node.arguments ?? []).map(argument => print(argument)).toSorted()
  return `${node.name.value}(${parts.join()})`
}

const responseNameOf = (node: FieldNode): string => node.alias?.value ?? node.name.value

/**
 * Fields of one response name at one place that ask for different things, which is valid as long as no value is of both
 * their types. Where a subgraph knows the interface only (`@interfaceObject`), the planner puts them together all the
 * same, and one gets what the other asked for.
 * @returns which of such fields a field is, by name and what it asks: 0 for the first, and for all without a conflict
 */
export const siblingConflicts = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
): ((node: FieldNode) => number) => {
  const fragments = fragmentsOf(document)
  const numbers = new Map<string, Map<string, number>>()
  let left = maxSelections

  const collect = (set: SelectionSetNode, found: Map<string, FieldNode[]>): void => {
    for (const node of set.selections) {
      left -= 1
      if (left < 0) return
      if (node.kind === Kind.FIELD) {
        const name = responseNameOf(node)
        const known = found.get(name)
        if (known === undefined) found.set(name, [node])
        else known.push(node)
      } else if (node.kind === Kind.INLINE_FRAGMENT) collect(node.selectionSet, found)
      else {
        const fragment = fragments.get(node.name.value)
        if (fragment !== undefined) collect(fragment.selectionSet, found)
      }
    }
  }

  const note = (name: string, nodes: readonly FieldNode[]): void => {
    if (nodes.length < 2) return
    const asked = new Set(nodes.map(askedBy))
    if (asked.size < 2) return
    const known = numbers.get(name) ?? new Map<string, number>()
    for (const one of asked) if (!known.has(one)) known.set(one, known.size)
    numbers.set(name, known)
  }

  const look = (sets: readonly SelectionSetNode[]): void => {
    const found = new Map<string, FieldNode[]>()
    for (const set of sets) collect(set, found)
    for (const [name, nodes] of found) {
      note(name, nodes)
      const below = nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))
      if (below.length > 0 && left >= 0) look(below)
    }
  }

  look([definition.selectionSet])
  if (left < 0) return () => 0
  return node => numbers.get(responseNameOf(node))?.get(askedBy(node)) ?? 0
}
