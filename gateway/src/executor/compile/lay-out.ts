import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'
import type { DataRewrite } from '../../planner/query-plan.ts'
import {
  decideStorage,
  fieldAt,
  positionMaker,
  type Position,
  type PositionField,
  type SelectedField,
  type Selection,
} from './position.ts'

/** The positions of one plan, while its fetches are laid out one after the other. */
export type Layout = Readonly<{
  root: Position
  positions: readonly Position[]
  /** The position at a path of response names; `@` (each element of a list) leads nowhere else. */
  at: (path: readonly (string | number)[]) => Position
  /** Marks where a fetch arrives. */
  arrive: (position: Position, fetch: number, dependsOnAncestors: boolean) => void
  /**
   * Lays out what a fetch selects.
   * @param fetch     its number
   * @param set       what it selects at `position`
   * @param document  has its fragments
   * @param rewrites  renaming of what the subgraph answers, paths from `position`
   */
  select: (
    position: Position,
    fetch: number,
    set: SelectionSetNode,
    document: DocumentNode,
    rewrites: readonly DataRewrite[],
  ) => Selection
  /** To be called when all is laid out. */
  finish: () => void
}>

type Renaming = Readonly<{ path: readonly string[]; to: string }>

/** The rewrites that go on below `wireName`, and its new name if one of them ends here. Type conditions only say
 * where the planner met it: the names that it makes up are unique. */
const renamingsAt = (
  renamings: readonly Renaming[],
  wireName: string,
): Readonly<{ name: string; below: readonly Renaming[] }> => {
  let name = wireName
  const below: Renaming[] = []
  for (const { path, to } of renamings) {
    const [first, ...rest] = path.filter(step => !step.startsWith('... on '))
    if (first !== wireName) continue
    if (rest.length === 0) name = to
    else below.push({ path: rest, to })
  }
  return { name, below }
}

type FoundField = {
  wireName: string
  field: PositionField
  below: readonly Renaming[]
  sets: SelectionSetNode[]
}

export const createLayout = (): Layout => {
  const make = positionMaker()
  const root = make(undefined)
  const positions = [root]
  const withObjectsFromAbove = new Set<Position>()

  const below = (position: Position, field: PositionField): Position => {
    if (field.position === undefined) {
      field.position = make(position)
      positions.push(field.position)
    }
    return field.position
  }

  const lay = (
    position: Position,
    fetch: number,
    sets: readonly SelectionSetNode[],
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    renamings: readonly Renaming[],
    isArrival: boolean,
  ): Selection => {
    position.fetches.add(fetch)
    const found = new Map<string, FoundField>()
    const typenames = new Set<string>()
    const visit = (set: SelectionSetNode): void => {
      for (const node of set.selections) {
        if (node.kind === Kind.INLINE_FRAGMENT) visit(node.selectionSet)
        else if (node.kind === Kind.FRAGMENT_SPREAD) {
          const fragment = fragments.get(node.name.value)
          if (fragment !== undefined) visit(fragment.selectionSet)
        } else if (node.name.value === '__typename') typenames.add(node.alias?.value ?? '__typename')
        else {
          const wireName = node.alias?.value ?? node.name.value
          const { name, below: renamingsBelow } = renamingsAt(renamings, wireName)
          const known = found.get(wireName)
          const sets = node.selectionSet === undefined ? [] : [node.selectionSet]
          if (known !== undefined) known.sets.push(...sets)
          else found.set(wireName, { wireName, field: fieldAt(position, name), below: renamingsBelow, sets })
        }
      }
    }
    for (const set of sets) visit(set)
    for (const name of typenames) position.typenames.add(name)
    const fields = [...found.values()].map((one): SelectedField => {
      const { wireName, field } = one
      field.wireNames.add(wireName)
      if (one.sets.length > 0 && !isArrival) withObjectsFromAbove.add(position)
      return Object.freeze({
        wireName,
        isInherited: wireName in Object.prototype,
        field,
        slot: field.slot,
        selection:
          one.sets.length === 0
            ? undefined
            : lay(below(position, field), fetch, one.sets, fragments, one.below, false),
      })
    })
    return Object.freeze({
      position,
      fields: Object.freeze(fields),
      typenames: Object.freeze([...typenames]),
    })
  }

  return Object.freeze({
    root,
    positions,
    at: path =>
      path.reduce<Position>(
        (position, step) => (step === '@' ? position : below(position, fieldAt(position, String(step)))),
        root,
      ),
    arrive: (position, fetch, dependsOnAncestors) => {
      position.arrivals.add(fetch)
      for (let above: Position | undefined = position; above !== undefined; above = above.parent) {
        above.leadsToArrival = true
        if (dependsOnAncestors) above.dependsOnAncestors = true
      }
    },
    select: (position, fetch, set, document, rewrites) => {
      const fragments = new Map(
        document.definitions.flatMap(node =>
          node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
        ),
      )
      const renamings = rewrites.flatMap(rewrite =>
        rewrite.kind === 'KeyRenamer' ? [{ path: rewrite.path, to: rewrite.renameKeyTo }] : [],
      )
      return lay(position, fetch, [set], fragments, renamings, true)
    },
    finish: () => {
      decideStorage(positions, new Set(positions.filter(position => !withObjectsFromAbove.has(position))))
    },
  } satisfies Layout)
}
