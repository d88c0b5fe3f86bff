import type { ResponseNode } from './response-node.ts'
import { ValueTrie } from './value-trie.ts'

/** The nodes of one interned position, by what their leaves and typenames are. */
export class InternedNodes {
  readonly #byLeaves = new ValueTrie<ResponseNode>()
  readonly nodes: ResponseNode[] = []

  /**
   * @param leaves  undefined where one is missing
   * @param count   how many of `leaves` count
   */
  at(leaves: readonly unknown[], count: number, make: () => ResponseNode): ResponseNode {
    return this.#byLeaves.at(leaves, count, () => {
      const node = make()
      this.nodes.push(node)
      return node
    })
  }
}
