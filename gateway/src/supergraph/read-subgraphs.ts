import { Kind, type DocumentNode } from 'graphql'
import { directivesNamed, textArgument } from './directive-arguments.ts'

/**
 * The subgraphs of a supergraph, from `enum join__Graph`.
 * @param join  what the join specification is called in it
 * @returns name to URL: names are the ones composed under, not the enum's
 */
export const readSubgraphs = (
  document: DocumentNode,
  join: string,
): ReadonlyMap<string, Readonly<{ url: string }>> => {
  const subgraphs = new Map<string, Readonly<{ url: string }>>()
  for (const node of document.definitions) {
    if (node.kind !== Kind.ENUM_TYPE_DEFINITION || node.name.value !== `${join}__Graph`) continue
    for (const value of node.values ?? []) {
      const [graph] = directivesNamed(value, `${join}__graph`)
      if (graph === undefined) continue
      const url = textArgument(graph, 'url') ?? ''
      subgraphs.set(textArgument(graph, 'name') ?? value.name.value, Object.freeze({ url }))
    }
  }
  return subgraphs
}
