import { Kind, type ConstDirectiveNode, type DocumentNode } from 'graphql'
import { directivesNamed, isArgumentTrue, textArgument } from './directive-arguments.ts'
import { parseFieldSet } from './field-set.ts'
import { fieldTree, type FieldTree } from './field-tree.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'
import type { StandIn, StandIns } from './stand-ins.ts'

/** What subgraphs must be sent of an entity. Subgraphs by the names they are composed under. */
export type Requirements = Readonly<{
  /** What `@requires` of a field names; undefined where there is none. */
  requirementOf: (subgraph: string, type: string, field: string) => FieldTree | undefined
  /** Does a subgraph know a type by keys at all, and by which? */
  keysOf: (subgraph: string, type: string) => readonly FieldTree[]
  /** Types that a subgraph has as interface objects, some field of which has a `@requires`. */
  interfaceObjects: (subgraph: string) => readonly string[]
  /** By what name the planner knows fields that are required with different arguments. */
  standIns: ReadonlyMap<string, StandIn>
}>

/** From the enum's value to the name composed under. */
const namesOfGraphs = (document: DocumentNode, join: string): ReadonlyMap<string, string> =>
  new Map(
    document.definitions
      .filter(node => node.kind === Kind.ENUM_TYPE_DEFINITION)
      .filter(({ name }) => name.value === `${join}__Graph`)
      .flatMap(({ values = [] }) =>
        values.flatMap(value =>
          directivesNamed(value, `${join}__graph`).map(
            graph => [value.name.value, textArgument(graph, 'name') ?? value.name.value] as const,
          ),
        ),
      ),
  )

type Texts = Map<string, string[]>

const put = (texts: Texts, place: string, text: string): void => {
  const known = texts.get(place)
  if (known === undefined) texts.set(place, [text])
  else known.push(text)
}

/** @param join  what the join specification is called in the supergraph */
export const readRequirements = (document: DocumentNode, join: string, standIns: StandIns): Requirements => {
  const graphs = namesOfGraphs(document, join)
  const keys: Texts = new Map()
  const requirements: Texts = new Map()
  const interfaceObjects = new Map<string, Set<string>>()
  for (const type of typesOf(document)) {
    const objectsOf = new Set<string>()
    const graphOf = (directive: ConstDirectiveNode): string => {
      const graph = textArgument(directive, 'graph') ?? ''
      return graphs.get(graph) ?? graph
    }
    for (const joinType of directivesNamed(type, `${join}__type`)) {
      const key = textArgument(joinType, 'key')
      if (key !== undefined) put(keys, `${graphOf(joinType)} ${type.name.value}`, key)
      if (isArgumentTrue(joinType, 'isInterfaceObject')) objectsOf.add(graphOf(joinType))
    }
    for (const field of outputFieldsOf(type)) {
      for (const joinField of directivesNamed(field, `${join}__field`)) {
        const requires = textArgument(joinField, 'requires')
        if (requires === undefined) continue
        const subgraph = graphOf(joinField)
        put(requirements, `${subgraph} ${type.name.value}.${field.name.value}`, requires)
        if (!objectsOf.has(subgraph)) continue
        interfaceObjects.set(subgraph, (interfaceObjects.get(subgraph) ?? new Set()).add(type.name.value))
      }
    }
  }
  return Object.freeze({
    requirementOf: (subgraph, type, field) => {
      const [text] = requirements.get(`${subgraph} ${type}.${field}`) ?? []
      return text === undefined ? undefined : fieldTree(standIns.replaceIn(text))
    },
    keysOf: (subgraph, type) =>
      (keys.get(`${subgraph} ${type}`) ?? []).map(text => fieldTree(parseFieldSet(text))),
    interfaceObjects: subgraph => [...(interfaceObjects.get(subgraph) ?? [])],
    standIns: standIns.fields,
  })
}
