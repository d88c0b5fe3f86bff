import type { Selection, SelectedField } from '../compile/position.ts'
import { InternedNodes } from './interned-nodes.ts'
import { ResponseNode } from './response-node.ts'

/** An object of a subgraph's answer. Others may read it too: it is never written to. */
export type Row = Readonly<Record<string, unknown>>

/** Where the nodes of one request are kept while it runs. */
export type NodeStore = Readonly<{
  /** By position: the nodes of interned positions, by what their leaves are. */
  interned: InternedNodes[]
  /** A type that values can have, as opposed to an interface or union. */
  isObjectType: (name: string) => boolean
}>

export const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const valueIn = (row: Row, { wireName, isInherited }: SelectedField): unknown =>
  isInherited && !Object.hasOwn(row, wireName) ? undefined : row[wireName]

/**
 * An interface object's subgraph knows only the interface's name. It gives way to the name of a type, and never takes
 * the place of one.
 */
const nameType = (store: NodeStore, node: ResponseNode, row: Row, names: readonly string[]): void => {
  for (let index = 0; index < names.length; index += 1) {
    const typename = row[names[index] as string]
    if (typeof typename !== 'string') continue
    if (node.typename === undefined || (!store.isObjectType(node.typename) && store.isObjectType(typename))) {
      node.typename = typename
    }
  }
}

// Loops over what is compiled go by index: `for of` over a frozen array makes an object in each step, which was a sixth of
// all that a request allocated.

/** Copies what `selection` selects from a row to a node. Null takes the place of nothing that another fetch said. */
export const mergeRow = (store: NodeStore, node: ResponseNode, row: Row, selection: Selection): void => {
  nameType(store, node, row, selection.typenames)
  const { values } = node
  const { fields } = selection
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] as SelectedField
    const value = valueIn(row, field)
    if (value === undefined) continue
    const { slot } = field
    if (value === null) values[slot] ??= null
    else if (field.selection === undefined || field.selection.position.storage === 'row') values[slot] = value
    else values[slot] = mergeValue(store, values[slot], value, field.selection)
  }
}

const mergeList = (
  store: NodeStore,
  held: unknown,
  value: readonly unknown[],
  selection: Selection,
): unknown[] => {
  const list: unknown[] = Array.isArray(held) ? held : []
  for (let index = 0; index < value.length; index += 1) {
    const item = value[index]
    list[index] =
      item === null || item === undefined
        ? (list[index] ?? null)
        : mergeValue(store, list[index], item, selection)
  }
  return list
}

const mergeValue = (store: NodeStore, held: unknown, value: unknown, selection: Selection): unknown => {
  if (Array.isArray(value)) return mergeList(store, held, value, selection)
  // No object where one belongs: kept as it is, for the projection to name it.
  if (!isRow(value)) return value
  if (selection.position.isInterned) return intern(store, value, selection)
  const node = held instanceof ResponseNode ? held : new ResponseNode(selection.position)
  mergeRow(store, node, value, selection)
  return node
}

/** The leaves of the row that is looked up: one list for all, as lists of their own were 7 % of what is allocated. */
const leaves: unknown[] = []

const intern = (store: NodeStore, row: Row, selection: Selection): ResponseNode => {
  const { typenames, fields } = selection
  let count = 0
  for (; count < fields.length; count += 1) leaves[count] = valueIn(row, fields[count] as SelectedField)
  for (let index = 0; index < typenames.length; index += 1, count += 1) {
    leaves[count] = row[typenames[index] as string]
  }
  const nodes = (store.interned[selection.position.index] ??= new InternedNodes())
  return nodes.at(leaves, count, () => {
    const node = new ResponseNode(selection.position)
    mergeRow(store, node, row, selection)
    return node
  })
}

/** What a fetch would have said of an entity that its subgraph does not know is null. */
export const mergeNothing = (node: ResponseNode, selection: Selection): void => {
  for (const { slot } of selection.fields) node.values[slot] ??= null
}
