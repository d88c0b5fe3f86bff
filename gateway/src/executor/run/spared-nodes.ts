import type { CompiledFetch } from '../compile/compile-plan.ts'
import { clientPlace } from './client-place.ts'
import type { Failures } from './failures.ts'
import { mergeNothing } from './merge-row.ts'
import type { ResponseNode } from './response-node.ts'
import type { Run } from './run.ts'
import { visitTargetsWithPaths } from './visit-targets.ts'

/**
 * Nodes that are not asked about because what they would be represented by has failed. Their fields are null, and the
 * error that there is already says why.
 */
class SparedNodes {
  readonly #run: Run
  readonly #nodes = new Map<CompiledFetch, Set<ResponseNode>>()

  readonly #failures: Failures

  constructor(run: Run, failures: Failures) {
    this.#run = run
    this.#failures = failures
  }

  /** To be called for each node. */
  spares(fetch: CompiledFetch, node: ResponseNode): boolean {
    if (!fetch.hasFailed(node, this.#failures)) return false
    const nodes = this.#nodes.get(fetch)
    if (nodes === undefined) this.#nodes.set(fetch, new Set([node]))
    else nodes.add(node)
    return true
  }

  /** To be called once, when all nodes have been looked at. */
  settle(): void {
    for (const [fetch, nodes] of this.#nodes) {
      for (const node of nodes) this.#leaveEmpty(fetch, node)
      visitTargetsWithPaths(this.#run, fetch, (node, path, lineage) => {
        if (!nodes.has(node)) return
        const place = { fetch, path, lineage }
        for (const { field, wireName } of fetch.selection.fields) {
          this.#failures.consequences.push([...path, this.#run.clientName(field.name)])
          const isSelected = clientPlace(this.#run, place, [wireName]).state === 'inside'
          if (isSelected) this.#run.errors.push(...this.#failures.tell(path))
        }
      })
    }
  }

  /** What needs these values in turn is not asked about either. */
  #leaveEmpty({ selection }: CompiledFetch, node: ResponseNode): void {
    for (const { slot } of selection.fields) {
      if (node.values[slot] === undefined) this.#failures.add(node, slot)
    }
    mergeNothing(node, selection)
  }
}

/** Absent until something has failed: nothing is looked at then. */
export const sparedNodes = (run: Run): SparedNodes | undefined =>
  run.failures === undefined ? undefined : new SparedNodes(run, run.failures)
