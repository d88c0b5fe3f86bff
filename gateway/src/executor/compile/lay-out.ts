import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
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

/** A fetch that writes a field, and the type conditions that its selection stands under there. */
export type Writer = Readonly<{ fetch: number; conditions: readonly string[] }>

type FoundField = {
  wireName: string
  field: PositionField
  /** For each place where it is selected. */
  conditions: (readonly string[])[]
  below: readonly Renaming[]
  sets: SelectionSetNode[]
}

/** The fields that are selected at a position, each name once, and the names under which `__typename` is. */
const findFields = (
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  position: Position,
  sets: readonly SelectionSetNode[],
  renamings: readonly Renaming[],
): Readonly<{ found: readonly FoundField[]; typenames: string[] }> => {
  const found = new Map<string, FoundField>()
  const typenames = new Set<string>()
  const visitField = (node: FieldNode, conditions: readonly string[]): void => {
    const wireName = node.alias?.value ?? node.name.value
    if (node.name.value === '__typename') {
      typenames.add(wireName)
      return
    }
    const setsBelow = node.selectionSet === undefined ? [] : [node.selectionSet]
    const known = found.get(wireName)
    if (known !== undefined) {
      known.sets.push(...setsBelow)
      known.conditions.push(conditions)
      return
    }
    const { name, below } = renamingsAt(renamings, wireName)
    const field = fieldAt(position, name)
    found.set(wireName, { wireName, field, conditions: [conditions], below, sets: setsBelow })
  }
  const visit = (set: SelectionSetNode, conditions: readonly string[]): void => {
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) visitField(node, conditions)
      else {
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value)
        const condition = fragment?.typeCondition?.name.value
        const all = condition === undefined ? conditions : [...conditions, condition]
        if (fragment !== undefined) visit(fragment.selectionSet, all)
      }
    }
  }
  for (const set of sets) visit(set, [])
  return { found: [...found.values()], typenames: [...typenames] }
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions.flatMap(node =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )

/** What one fetch selects, and what it needs to be laid out. */
type Laying = Readonly<{ fetch: number; fragments: Fragments }>

/** The positions of one plan, while its fetches are laid out one after the other. */
export class Layout {
  readonly #make = positionMaker()
  readonly root: Position = this.#make(undefined)
  readonly #positions: Position[] = [this.root]
  /** Positions at which a fetch that arrives further up selects objects. */
  readonly #withObjectsFromAbove = new Set<Position>()
  readonly #writers = new Map<PositionField, Writer[]>()

  /** The position at a path of response names; `@` (each element of a list) leads nowhere else. */
  at(path: readonly (string | number)[]): Position {
    return path.reduce<Position>(
      (position, step) => (step === '@' ? position : this.#below(position, fieldAt(position, String(step)))),
      this.root,
    )
  }

  /** Which fetches write a field, as far as they are laid out. */
  writersOf(field: PositionField): readonly Writer[] {
    return this.#writers.get(field) ?? []
  }

  /** Marks where a fetch arrives. */
  arrive(position: Position, fetch: number, dependsOnAncestors: boolean): void {
    position.arrivals.add(fetch)
    for (let above: Position | undefined = position; above !== undefined; above = above.parent) {
      above.leadsToArrival = true
      if (dependsOnAncestors) above.dependsOnAncestors = true
    }
  }

  /**
   * Lays out what a fetch selects.
   * @param fetch     its number
   * @param set       what it selects at `position`
   * @param document  has its fragments
   * @param rewrites  renaming of what the subgraph answers, paths from `position`
   */
  select(
    position: Position,
    fetch: number,
    set: SelectionSetNode,
    document: DocumentNode,
    rewrites: readonly DataRewrite[],
  ): Selection {
    const renamings = rewrites.flatMap(rewrite =>
      rewrite.kind === 'KeyRenamer' ? [{ path: rewrite.path, to: rewrite.renameKeyTo }] : [],
    )
    return this.#lay({ fetch, fragments: fragmentsOf(document) }, position, [set], renamings, true)
  }

  /** To be called when all is laid out. */
  finish(): void {
    const leavesOnly = this.#positions.filter(position => !this.#withObjectsFromAbove.has(position))
    decideStorage(this.#positions, new Set(leavesOnly))
  }

  #below(position: Position, field: PositionField): Position {
    if (field.position === undefined) {
      field.position = this.#make(position)
      this.#positions.push(field.position)
    }
    return field.position
  }

  #lay(
    laying: Laying,
    position: Position,
    sets: readonly SelectionSetNode[],
    renamings: readonly Renaming[],
    isArrival: boolean,
  ): Selection {
    position.fetches.add(laying.fetch)
    const { found, typenames } = findFields(laying.fragments, position, sets, renamings)
    for (const name of typenames) position.typenames.add(name)
    const fields = found.map(({ wireName, field, conditions, below, sets: setsBelow }): SelectedField => {
      field.wireNames.add(wireName)
      const writers = this.#writers.get(field) ?? []
      this.#writers.set(field, writers)
      for (const each of conditions) writers.push({ fetch: laying.fetch, conditions: each })
      const hasObjects = setsBelow.length > 0
      if (hasObjects && !isArrival) this.#withObjectsFromAbove.add(position)
      return Object.freeze({
        wireName,
        isInherited: wireName in Object.prototype,
        field,
        slot: field.slot,
        selection: hasObjects
          ? this.#lay(laying, this.#below(position, field), setsBelow, below, false)
          : undefined,
      })
    })
    return Object.freeze({ position, fields: Object.freeze(fields), typenames: Object.freeze(typenames) })
  }
}
