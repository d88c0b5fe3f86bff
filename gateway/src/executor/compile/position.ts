/**
 * A response position of an operation, list indexes aside: `users.reviews.product`. All fetches of a plan that
 * select something there are laid out together, so that each response name has one slot.
 */
export type Position = {
  /** Its number in the plan; the root has 0. */
  readonly index: number
  readonly parent: Position | undefined
  readonly fields: Map<string, PositionField>
  /** Numbers of the fetches that select something here, and of those among them that arrive here by a path. */
  readonly fetches: Set<number>
  readonly arrivals: Set<number>
  /** Names under which fetches ask `__typename` here. */
  readonly typenames: Set<string>
  /** Fetches arrive here, or further down. */
  leadsToArrival: boolean
  /** The type that a value has here may depend on what is above it (`@context`). */
  dependsOnAncestors: boolean
  /** `row`: values are as the only subgraph that has them sent them. `node`: they are nodes (see response-node.ts). */
  storage: 'row' | 'node'
  /** Values that are alike here are one node: they have the same key, so that all below them is alike as well. */
  isInterned: boolean
}

export type PositionField = {
  readonly name: string
  readonly slot: number
  /** What subgraph operations call it: another name where the planner had to rename. */
  readonly wireNames: Set<string>
  /** Absent for scalars and enums. */
  position: Position | undefined
}

/** What one fetch selects at one position. */
export type Selection = Readonly<{
  position: Position
  fields: readonly SelectedField[]
  /** Names in the subgraph's answer that hold `__typename`. */
  typenames: readonly string[]
}>

export type SelectedField = Readonly<{
  /** The name in the subgraph's answer. */
  wireName: string
  /** It is also a property of every object, so that reading it must ask whether it is there. */
  isInherited: boolean
  field: PositionField
  slot: number
  /** Absent for scalars and enums. */
  selection: Selection | undefined
}>

/** Makes the positions of one plan. */
export const positionMaker = (): ((parent: Position | undefined) => Position) => {
  let count = 0
  return parent => ({
    index: count++,
    parent,
    fields: new Map(),
    fetches: new Set(),
    arrivals: new Set(),
    typenames: new Set(),
    leadsToArrival: false,
    dependsOnAncestors: false,
    storage: 'node',
    isInterned: false,
  })
}

export const fieldAt = (position: Position, name: string): PositionField => {
  const known = position.fields.get(name)
  if (known !== undefined) return known
  const field = { name, slot: position.fields.size, wireNames: new Set<string>(), position: undefined }
  position.fields.set(name, field)
  return field
}

/** By what a value of this position is asked for `field`: a slot of a node, or a name of a row. */
export const keyOf = (position: Position, field: PositionField): number | string => {
  if (position.storage === 'node') return field.slot
  const [wireName = field.name] = field.wireNames
  return wireName
}

const isInherited = (name: string): boolean => name in Object.prototype

const isPlain = (position: Position): boolean =>
  position.fetches.size === 1 &&
  !position.leadsToArrival &&
  [...position.fields.values()].every(
    ({ wireNames, position: below }) =>
      wireNames.size === 1 && ![...wireNames].some(isInherited) && (below === undefined || isPlain(below)),
  )

/** Its only fetch from above selects nothing but leaves, so that those tell everything there is to know. */
const canBeInterned = (position: Position, leavesOnly: ReadonlySet<Position>): boolean =>
  position.parent !== undefined &&
  position.arrivals.size > 0 &&
  !position.dependsOnAncestors &&
  position.fetches.size - position.arrivals.size === 1 &&
  leavesOnly.has(position)

/**
 * Decides how values are kept at each position, once all fetches are laid out.
 * @param leavesOnly  positions at which no fetch from above selects objects
 */
export const decideStorage = (positions: readonly Position[], leavesOnly: ReadonlySet<Position>): void => {
  for (const position of positions) {
    position.storage = position.parent === undefined || !isPlain(position) ? 'node' : 'row'
    position.isInterned = canBeInterned(position, leavesOnly)
  }
}
