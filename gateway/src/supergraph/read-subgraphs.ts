import { Kind, type DocumentNode } from 'graphql'
import { directivesNamed, textArgument } from './directive-arguments.ts'

/** A subgraph as the supergraph has it. */
type JoinedGraph = Readonly<{
  /** Its value of `enum join__Graph`, by which other directives refer to it. */
  graph: string
  /** What it was composed under. */
  name: string
  url: string
}>

/**
 * The values of `enum join__Graph`.
 * @param join  what the join specification is called in the supergraph
 */
export const joinedGraphs = (document: DocumentNode, join: string): readonly JoinedGraph[] =>
  document.definitions.flatMap(node => {
    if (node.kind !== Kind.ENUM_TYPE_DEFINITION || node.name.value !== `${join}__Graph`) return []
    return (node.values ?? []).flatMap((value): JoinedGraph[] => {
      const [directive] = directivesNamed(value, `${join}__graph`)
      if (directive === undefined) return []
      const graph = value.name.value
      const name = textArgument(directive, 'name') ?? graph
      return [{ graph, name, url: textArgument(directive, 'url') ?? '' }]
    })
  })

/** The subgraphs of a supergraph by name. */
export const readSubgraphs = (
  document: DocumentNode,
  join: string,
): ReadonlyMap<string, Readonly<{ url: string }>> =>
  new Map(joinedGraphs(document, join).map(({ name, url }) => [name, Object.freeze({ url })]))
