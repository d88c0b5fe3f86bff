import { Kind, type DocumentNode } from 'graphql'
import { directivesNamed, isArgumentTrue, textArgument } from './directive-arguments.ts'
import { joinedGraphs } from './read-subgraphs.ts'
import { typesOf, type SdlType } from './sdl-types.ts'

/**
 * Members of unions, and types of interfaces, that one subgraph has and another that has the union or interface has not:
 * by subgraph, then by union or interface. Empty where all agree.
 */
export type UnevenMembers = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

type Member = Readonly<{ graph: string; name: string }>

/** By union or interface: what is a member or an implementation of it, and in which graph. */
const membersOf = (all: readonly SdlType[], join: string): ReadonlyMap<string, readonly Member[]> => {
  const members = new Map<string, Member[]>()
  const add = (type: string, graph: string | undefined, name: string | undefined): void => {
    if (graph === undefined || name === undefined) return
    const known = members.get(type)
    if (known === undefined) members.set(type, [{ graph, name }])
    else known.push({ graph, name })
  }
  for (const type of all) {
    const name = type.name.value
    for (const member of directivesNamed(type, `${join}__unionMember`)) {
      add(name, textArgument(member, 'graph'), textArgument(member, 'member'))
    }
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
    for (const implemented of directivesNamed(type, `${join}__implements`)) {
      add(textArgument(implemented, 'interface') ?? '', textArgument(implemented, 'graph'), name)
    }
  }
  return members
}

/** Graphs that have a union or an interface. An interface object has no types at all. */
const graphsOf = (type: SdlType, join: string): ReadonlySet<string> =>
  new Set(
    directivesNamed(type, `${join}__type`).flatMap(joinType => {
      const graph = textArgument(joinType, 'graph')
      return graph === undefined || isArgumentTrue(joinType, 'isInterfaceObject') ? [] : [graph]
    }),
  )

/** @param join  what the join specification is called in the supergraph */
export const unevenMembers = (document: DocumentNode, join: string): UnevenMembers => {
  const all = typesOf(document)
  const subgraphs = new Map(joinedGraphs(document, join).map(({ name, graph }) => [graph, name]))
  const members = membersOf(all, join)
  const uneven = new Map<string, Map<string, string[]>>()
  for (const type of all) {
    const graphs = graphsOf(type, join)
    const own = (members.get(type.name.value) ?? []).filter(({ graph }) => graphs.has(graph))
    const counts = new Map<string, number>()
    for (const { name } of own) counts.set(name, (counts.get(name) ?? 0) + 1)
    for (const { graph, name } of own) {
      if (counts.get(name) === graphs.size) continue
      const subgraph = subgraphs.get(graph) ?? graph
      const ofSubgraph = uneven.get(subgraph) ?? new Map<string, string[]>()
      uneven.set(subgraph, ofSubgraph)
      ofSubgraph.set(type.name.value, [...(ofSubgraph.get(type.name.value) ?? []), name])
    }
  }
  return uneven
}
