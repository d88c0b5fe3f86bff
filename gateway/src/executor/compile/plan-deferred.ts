import type { DeferNode, PlanNode } from '../../planner/query-plan.ts'
import type { DeferredPart } from './deferred-parts.ts'
import { impossiblePlan } from './impossible-plan.ts'
import { planFetches, type PlannedFetch } from './plan-fetches.ts'

/** The fetches of a plan, and for each of them the part that it is for, by number; undefined: the first answer. */
export type DeferredFetches = Readonly<{
  fetches: readonly PlannedFetch[]
  partOf: readonly (number | undefined)[]
}>

class Collector {
  readonly #parts: ReadonlyMap<string, number>
  /** One that was made several has them all. */
  readonly #byId = new Map<string, number[]>()
  /** For fetches that begin a part: the ids of those that they wait for. */
  readonly #depends = new Map<number, readonly string[]>()
  readonly #fetches: PlannedFetch[] = []
  readonly partOf: (number | undefined)[] = []

  constructor(parts: ReadonlyMap<string, number>) {
    this.#parts = parts
  }

  visit(node: PlanNode | DeferNode | undefined, part: number | undefined, depends: readonly string[]): void {
    if (node === undefined) return
    if (node.kind !== 'Defer') return this.#add(node, part, depends)
    this.visit(node.primary.node, part, depends)
    for (const { label = '', depends: ids, node: below } of node.deferred) {
      const number = this.#parts.get(label)
      if (number === undefined) throw impossiblePlan(`a deferred part that nobody asked for: ${label}`)
      this.visit(
        below,
        number,
        ids.map(({ id }) => id),
      )
    }
  }

  /** A fetch may stand behind those that wait for it: what another part begins with. */
  fetches(): readonly PlannedFetch[] {
    return this.#fetches.map((fetch, number) => {
      const ids = this.#depends.get(number)
      return ids === undefined ? fetch : { ...fetch, after: ids.flatMap(id => this.#numbersOf(id)) }
    })
  }

  #numbersOf(id: string): readonly number[] {
    const numbers = this.#byId.get(id)
    if (numbers === undefined)
      throw impossiblePlan(`a deferred part waits for a fetch ${id} that is not there`)
    return numbers
  }

  #add(node: PlanNode, part: number | undefined, depends: readonly string[]): void {
    const before = this.#fetches.length
    for (const fetch of planFetches(node)) {
      const number = this.#fetches.length
      if (fetch.after.length === 0) this.#depends.set(number, depends)
      const { id } = fetch.node
      if (id !== undefined) this.#byId.set(id, [...(this.#byId.get(id) ?? []), number])
      this.#fetches.push({ ...fetch, after: fetch.after.map(other => other + before) })
      this.partOf.push(part)
    }
  }
}

/**
 * The fetches of a plan with deferred parts, in its order.
 * @throws QUERY_PLANNING_FAILED on a plan node of unknown kind or at a place where it cannot be
 */
export const planDeferredFetches = (
  root: PlanNode | DeferNode | undefined,
  parts: readonly DeferredPart[],
): DeferredFetches => {
  const collector = new Collector(new Map(parts.map(({ label }, number) => [label, number])))
  collector.visit(root, undefined, [])
  return { fetches: collector.fetches(), partOf: collector.partOf }
}
