import type { ResponseNode } from './response-node.ts'
import { ValueTrie } from './value-trie.ts'

/** The nodes of one interned position, by what their typenames and leaves are. */
export class InternedNodes {
  readonly #byLeaves = new ValueTrie<ResponseNode>()
  readonly nodes: ResponseNode[] = []

  /** @param leaves  undefined where one is missing */
  at(leaves: readonly unknown[], make: () => ResponseNode): ResponseNode {
    return this.#byLeaves.at(leaves, () => {
      const node = make()
      this.nodes.push(node)
      return node
    })
  }
}
