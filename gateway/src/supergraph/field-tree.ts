import { Kind, type SelectionSetNode } from 'graphql'

/** The fields of a field set, type conditions aside. */
export type FieldTree = ReadonlyMap<string, FieldTree>

type Growing = Map<string, Growing>

const grow = (tree: Growing, { selections }: SelectionSetNode): Growing => {
  for (const node of selections) {
    if (node.kind === Kind.INLINE_FRAGMENT) grow(tree, node.selectionSet)
    if (node.kind !== Kind.FIELD) continue
    const below = tree.get(node.name.value) ?? new Map<string, Growing>()
    tree.set(node.name.value, below)
    if (node.selectionSet !== undefined) grow(below, node.selectionSet)
  }
  return tree
}

export const fieldTree = (set: SelectionSetNode): FieldTree => grow(new Map(), set)

const add = (tree: Growing, other: FieldTree): Growing => {
  for (const [name, below] of other) tree.set(name, add(tree.get(name) ?? new Map(), below))
  return tree
}

export const unionOf = (trees: readonly FieldTree[]): FieldTree => trees.reduce(add, new Map())
