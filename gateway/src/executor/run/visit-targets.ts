import type { CompiledFetch } from '../compile/compile-plan.ts'
import { ResponseNode } from './response-node.ts'
import type { ResponsePath } from './response-path.ts'
import type { Run } from './run.ts'

const descend = (
  value: unknown,
  slots: readonly number[],
  depth: number,
  visit: (node: ResponseNode) => void,
): void => {
  if (Array.isArray(value)) {
    for (const item of value) descend(item, slots, depth, visit)
  } else if (value instanceof ResponseNode) {
    if (depth === slots.length) visit(value)
    else descend(value.values[slots[depth] as number], slots, depth + 1, visit)
  }
}

/** Visits each node at which a fetch arrives. What is null or missing on the way ends that branch. */
export const visitTargets = (
  run: Run,
  { route }: CompiledFetch,
  visit: (node: ResponseNode) => void,
): void => {
  const { from, slots } = route
  if (from.parent === undefined) {
    descend(run.root, slots, 0, visit)
    return
  }
  const interned = run.interned[from.index]
  if (interned !== undefined) for (const node of interned.nodes) descend(node, slots, 0, visit)
}

/**
 * Visits the same nodes from the root, with the way to each: the client's path, and the nodes on it. A node that
 * stands at several places is visited at each.
 */
export const visitTargetsWithPaths = (
  run: Run,
  { path }: CompiledFetch,
  visit: (node: ResponseNode, path: ResponsePath, lineage: readonly ResponseNode[]) => void,
): void => {
  const names = path.filter(step => step !== '@').map(String)
  const walk = (
    value: unknown,
    position: CompiledFetch['position'],
    depth: number,
    at: ResponsePath,
    lineage: readonly ResponseNode[],
  ): void => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => walk(item, position, depth, [...at, index], lineage))
    } else if (value instanceof ResponseNode) {
      const name = names[depth]
      const line = [...lineage, value]
      if (name === undefined) return visit(value, at, line)
      const field = position.fields.get(name)
      if (field?.position === undefined) return
      walk(value.values[field.slot], field.position, depth + 1, [...at, run.clientName(name)], line)
    }
  }
  walk(run.root, run.rootPosition, 0, [], [])
}
