import { Kind, type ConstDirectiveNode, type DocumentNode, type TypeNode } from 'graphql'
import { directivesNamed, isArgumentTrue, textArgument } from './directive-arguments.ts'
import { parseFieldSet } from './field-set.ts'
import { fieldTree, type FieldTree } from './field-tree.ts'
import { outputFieldsOf, typesOf, type SdlType } from './sdl-types.ts'
import type { StandIn, StandIns } from './stand-ins.ts'

/** What subgraphs must be sent of an entity. Subgraphs by the names they are composed under. */
export type Requirements = Readonly<{
  /** Does any field of a subgraph have a `@requires`? */
  hasRequirements: (subgraph: string) => boolean
  /** What `@requires` of a field names; undefined where there is none. */
  requirementOf: (subgraph: string, type: string, field: string) => FieldTree | undefined
  /** Is a field declared in a subgraph for others to give? */
  isExternal: (subgraph: string, type: string, field: string) => boolean
  /** What a subgraph has of others' fields below a field of its own (`@provides`). */
  providedBy: (subgraph: string, type: string, field: string) => FieldTree | undefined
  /** The named type of a field. */
  typeOfField: (type: string, field: string) => string | undefined
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

/** By subgraph and coordinate: `products Product.price`. */
class JoinedFields {
  readonly keys = new Map<string, string[]>()
  readonly requirements = new Map<string, string>()
  readonly provisions = new Map<string, string>()
  readonly external = new Set<string>()
  /** Subgraphs that have any requirements. */
  readonly requiring = new Set<string>()
  /** Subgraph to its interface objects that have requirements. */
  readonly interfaceObjects = new Map<string, Set<string>>()
  readonly #join: string
  readonly #graphs: ReadonlyMap<string, string>

  constructor(document: DocumentNode, join: string) {
    this.#join = join
    this.#graphs = namesOfGraphs(document, join)
    for (const type of typesOf(document)) this.#readType(type)
  }

  #subgraphOf(directive: ConstDirectiveNode): string {
    const graph = textArgument(directive, 'graph') ?? ''
    return this.#graphs.get(graph) ?? graph
  }

  #readType(type: SdlType): void {
    const name = type.name.value
    const objectIn = new Set<string>()
    for (const joinType of directivesNamed(type, `${this.#join}__type`)) {
      const subgraph = this.#subgraphOf(joinType)
      const place = `${subgraph} ${name}`
      const key = textArgument(joinType, 'key')
      if (key !== undefined) this.keys.set(place, [...(this.keys.get(place) ?? []), key])
      if (isArgumentTrue(joinType, 'isInterfaceObject')) objectIn.add(subgraph)
    }
    for (const field of outputFieldsOf(type)) {
      for (const joinField of directivesNamed(field, `${this.#join}__field`)) {
        this.#readField(joinField, name, field.name.value, objectIn)
      }
    }
  }

  #readField(
    joinField: ConstDirectiveNode,
    type: string,
    field: string,
    objectIn: ReadonlySet<string>,
  ): void {
    const subgraph = this.#subgraphOf(joinField)
    const place = `${subgraph} ${type}.${field}`
    const provides = textArgument(joinField, 'provides')
    if (provides !== undefined) this.provisions.set(place, provides)
    if (isArgumentTrue(joinField, 'external')) this.external.add(place)
    const requires = textArgument(joinField, 'requires')
    if (requires === undefined) return
    this.requirements.set(place, requires)
    this.requiring.add(subgraph)
    if (!objectIn.has(subgraph)) return
    this.interfaceObjects.set(subgraph, (this.interfaceObjects.get(subgraph) ?? new Set()).add(type))
  }
}

const namedType = (node: TypeNode): string =>
  node.kind === Kind.NAMED_TYPE ? node.name.value : namedType(node.type)

const typesOfFields = (document: DocumentNode): ReadonlyMap<string, string> =>
  new Map(
    typesOf(document).flatMap(type =>
      outputFieldsOf(type).map(
        field => [`${type.name.value}.${field.name.value}`, namedType(field.type)] as const,
      ),
    ),
  )

/** @param join  what the join specification is called in the supergraph */
export const readRequirements = (document: DocumentNode, join: string, standIns: StandIns): Requirements => {
  const joined = new JoinedFields(document, join)
  const { keys, requirements, provisions, external, requiring, interfaceObjects } = joined
  // Large, and of no use where nothing is required.
  const types = requiring.size === 0 ? new Map<string, string>() : typesOfFields(document)
  return Object.freeze({
    hasRequirements: subgraph => requiring.has(subgraph),
    requirementOf: (subgraph, type, field) => {
      const text = requirements.get(`${subgraph} ${type}.${field}`)
      return text === undefined ? undefined : fieldTree(standIns.replaceIn(text))
    },
    isExternal: (subgraph, type, field) => external.has(`${subgraph} ${type}.${field}`),
    providedBy: (subgraph, type, field) => {
      const text = provisions.get(`${subgraph} ${type}.${field}`)
      return text === undefined ? undefined : fieldTree(parseFieldSet(text))
    },
    typeOfField: (type, field) => types.get(`${type}.${field}`),
    keysOf: (subgraph, type) =>
      (keys.get(`${subgraph} ${type}`) ?? []).map(text => fieldTree(parseFieldSet(text))),
    interfaceObjects: subgraph => [...(interfaceObjects.get(subgraph) ?? [])],
    standIns: standIns.fields,
  })
}
