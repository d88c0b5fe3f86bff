import type { PlanSelection } from '../../planner/query-plan.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { contextOrigin } from './context.ts'
import { impossiblePlan } from './impossible-plan.ts'
import type { Layout, Writer } from './lay-out.ts'
import type { PlannedFetch } from './plan-fetches.ts'
import type { Position } from './position.ts'

type Relations = Pick<Supergraph, 'isSubtype' | 'objectTypes'>

/** Steps as in `contextRewrites`: field names, and `... on T`. */
const selectionOf = ([step, ...rest]: readonly string[]): readonly PlanSelection[] => {
  if (step === undefined) return []
  const selections = selectionOf(rest)
  return step.startsWith('... on ')
    ? [{ kind: 'InlineFragment', typeCondition: step.slice('... on '.length), selections }]
    : [{ kind: 'Field', name: step, selections }]
}

/** Whether a fetch may be made to wait for another: for one that is deferred further it may not. */
export type MayWait = (fetch: number, other: number) => boolean

/** Which fetch waits for which, while it is being completed. */
class Waits {
  readonly #mayWait: MayWait
  readonly #after: Set<number>[]
  /** What `before` found, until something is added. */
  readonly #before = new Map<number, ReadonlySet<number>>()

  constructor(fetches: readonly PlannedFetch[], mayWait: MayWait) {
    this.#mayWait = mayWait
    this.#after = fetches.map(({ after }) => new Set(after))
  }

  of(fetch: number): readonly number[] {
    return [...(this.#after[fetch] ?? [])]
  }

  /** All that have ended when `fetch` begins. */
  before(fetch: number): ReadonlySet<number> {
    const known = this.#before.get(fetch)
    if (known !== undefined) return known
    // A Set visits what is added to it on the way.
    const all = new Set(this.#after[fetch])
    for (const one of all) for (const earlier of this.#after[one] ?? []) all.add(earlier)
    this.#before.set(fetch, all)
    return all
  }

  /** @returns whether it could be: nothing may wait for itself */
  add(fetch: number, other: number): boolean {
    if (other === fetch || !this.#mayWait(fetch, other) || this.before(other).has(fetch)) return false
    this.#after[fetch]?.add(other)
    this.#before.clear()
    return true
  }
}

class Awaiting {
  readonly #layout: Layout
  readonly #relations: Relations
  readonly #waits: Waits
  readonly #members = new Map<string, readonly string[]>()

  constructor(layout: Layout, relations: Relations, waits: Waits) {
    this.#layout = layout
    this.#relations = relations
    this.#waits = waits
  }

  /**
   * Lets `fetch` wait for the values of `selections`.
   * @param type      of the values at `position`; undefined: any
   * @returns the first value that nobody writes before it, as a path
   */
  missing(
    fetch: number,
    position: Position | undefined,
    selections: readonly PlanSelection[],
    type?: string,
  ): string | undefined {
    for (const selection of selections) {
      const missing =
        selection.kind === 'Field'
          ? this.#missingField(fetch, position, selection, type)
          : this.missing(fetch, position, selection.selections, selection.typeCondition ?? type)
      if (missing !== undefined) return missing
    }
    return undefined
  }

  #missingField(
    fetch: number,
    position: Position | undefined,
    { name, selections = [] }: PlanSelection & { kind: 'Field' },
    type: string | undefined,
  ): string | undefined {
    if (name === '__typename') return undefined
    const field = position?.fields.get(name)
    if (field === undefined) return name
    const writers = this.#layout.writersOf(field).filter(writer => writer.fetch !== fetch)
    if (!this.#await(fetch, writers, type)) return name
    const below = this.missing(fetch, field.position, selections)
    return below === undefined ? undefined : `${name}.${below}`
  }

  /** @returns whether somebody writes the value, for some type at least, before `fetch` begins */
  #await(fetch: number, writers: readonly Writer[], type: string | undefined): boolean {
    let isWritten = false
    for (const member of type === undefined ? [undefined] : this.#typesIn(type)) {
      const before = this.#waits.before(fetch)
      const fitting = writers.filter(writer => this.#writes(writer, member))
      if (fitting.some(writer => before.has(writer.fetch))) isWritten = true
      else for (const writer of fitting) if (this.#waits.add(fetch, writer.fetch)) isWritten = true
    }
    return isWritten
  }

  #writes({ conditions }: Writer, type: string | undefined): boolean {
    return type === undefined || conditions.every(condition => this.#relations.isSubtype(type, condition))
  }

  /** A type, which an interface object's values have at first, and those that its values may have. */
  #typesIn(type: string): readonly string[] {
    const known = this.#members.get(type)
    if (known !== undefined) return known
    const { objectTypes, isSubtype } = this.#relations
    const members = objectTypes.has(type)
      ? [type]
      : [type, ...[...objectTypes].filter(each => isSubtype(each, type))]
    this.#members.set(type, members)
    return members
  }
}

/**
 * Lets each fetch wait for all that it needs: the places where it arrives, what its representations consist of, values
 * from a context. Most wait already; the planner lets some run side by side with what they need.
 * @param layout     with all fetches laid out
 * @param positions  of the fetches, by number
 * @throws QUERY_PLANNING_FAILED when nobody writes such a value before it is needed
 */
export const awaitValues = (
  fetches: readonly PlannedFetch[],
  layout: Layout,
  positions: readonly Position[],
  relations: Relations,
  mayWait: MayWait = () => true,
): readonly PlannedFetch[] => {
  const waits = new Waits(fetches, mayWait)
  const awaiting = new Awaiting(layout, relations, waits)
  fetches.forEach(({ node, path }, number) => {
    const position = positions[number] as Position
    const names = path.filter(step => step !== '@').map(String)
    const origins = (node.contextRewrites ?? []).map(rewrite => contextOrigin(rewrite, position))
    const missing =
      awaiting.missing(number, layout.root, selectionOf(names)) ??
      awaiting.missing(number, position, node.requires ?? []) ??
      origins.map(({ above, steps }) => awaiting.missing(number, above, selectionOf(steps))).find(Boolean)
    if (missing === undefined) return
    throw impossiblePlan(
      `${node.serviceName} needs ${missing} at ${path.join('.')}, which nobody fetches before`,
    )
  })
  return fetches.map((fetch, number) => ({ ...fetch, after: waits.of(number) }))
}
