import { ResponseNode } from './response-node.ts'

type Branch = Map<unknown, Branch | ResponseNode>

/**
 * The nodes of one interned position, by what their leaves are: a path of values leads to each. Scalars are equal by
 * value; an object (of a JSON scalar) is equal to nothing else, so that its node is its own.
 */
export class InternedNodes {
  readonly #root: Branch = new Map()
  readonly nodes: ResponseNode[] = []

  /**
   * @param values  typenames and leaves, always as many, in the same order; undefined where one is missing
   * @param make    makes the node when there is none
   */
  at(values: readonly unknown[], make: () => ResponseNode): ResponseNode {
    const last = values.length - 1
    let branch = this.#root
    for (let index = 0; index < last; index += 1) {
      let next = branch.get(values[index]) as Branch | undefined
      if (next === undefined) branch.set(values[index], (next = new Map()))
      branch = next
    }
    const known = branch.get(values[last])
    if (known instanceof ResponseNode) return known
    const node = make()
    branch.set(values[last], node)
    this.nodes.push(node)
    return node
  }
}
