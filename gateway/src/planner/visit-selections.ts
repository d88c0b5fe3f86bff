import {
  Kind,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf } from './rewrite-selections.ts'

/** Calls `visit` for each selection that an operation reaches, once for those of a fragment. */
export const visitSelections = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
  visit: (node: SelectionNode) => void,
): void => {
  const fragments = fragmentsOf(document)
  const visited = new Set<string>()
  const visitSet = ({ selections }: SelectionSetNode): void => {
    for (const node of selections) {
      visit(node)
      if (node.kind !== Kind.FRAGMENT_SPREAD) {
        if (node.selectionSet !== undefined) visitSet(node.selectionSet)
      } else if (!visited.has(node.name.value)) {
        visited.add(node.name.value)
        const fragment = fragments.get(node.name.value)
        if (fragment !== undefined) visitSet(fragment.selectionSet)
      }
    }
  }
  visitSet(definition.selectionSet)
}
