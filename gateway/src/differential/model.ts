/**
 * A graph as one whole (the monolith), with a note at each field of the subgraphs that hold it. Both sides of a
 * differential test are made from it: the subgraphs and the monolith. Built by generate-model.ts and not changed after.
 */
export type GraphModel = Readonly<{
  seed: number
  types: ReadonlyMap<string, TypeModel>
  subgraphs: readonly SubgraphModel[]
}>

export type SubgraphModel = Readonly<{
  name: string
  /** A schema of Federation 1: no `@link`, fields shared without saying so. */
  federation1: boolean
  queryName: string
  mutationName: string
}>

export type TypeModel = ObjectModel | InterfaceModel | UnionModel | EnumModel | InputModel | ScalarModel

export type ArgumentModel = Readonly<{
  name: string
  type: string
  default?: string
  /** Clients do not see it: it is read from an object above. */
  fromContext?: string
}>

/**
 * `key`: tells which instance it is. `requires`: computed from fields of other subgraphs. `query`: the root again.
 * `effect`: a mutation, its value depends on how many went before. `contextual`: computed from a field of an object above.
 */
export type FieldKind = 'plain' | 'key' | 'requires' | 'query' | 'effect' | 'contextual'

export type FieldModel = {
  readonly name: string
  /** In SDL: `[[Item!]]!`. */
  readonly type: string
  readonly args: readonly ArgumentModel[]
  readonly kind: FieldKind
  /** Subgraphs that resolve it. For a key: those whose `@key` names it come on top. */
  owners: string[]
  /** Subgraphs where it is `@external`. */
  externalIn: Set<string>
  /** Selection that it is computed from. */
  requires?: string
  /** Another subgraph gives it along with a reference to its object. */
  provided?: boolean
  /** Selection that its only owner gives with it. */
  provides?: string
  /** It is defined there too, but was taken over by its owner; with a label that is off, it was not. */
  overrides?: { from: string; label?: string }
  inaccessible?: boolean
}

export type KeyModel = Readonly<{ fields: string }>

/** An object type. With keys it is an entity with `instances` instances, without a value type. */
export type ObjectModel = {
  readonly kind: 'object'
  readonly name: string
  readonly keys: readonly KeyModel[]
  readonly fields: Map<string, FieldModel>
  readonly instances: number
  /** For an entity: the keys each subgraph has it by. A subgraph not named has a stub, if it needs the type. */
  readonly keysIn: Map<string, readonly SubgraphKey[]>
  /** It sets a context in one subgraph. */
  context?: Readonly<{ name: string; subgraph: string }>
  inaccessible?: boolean
}

export type SubgraphKey = Readonly<{ fields: string; resolvable: boolean }>

export type InterfaceModel = {
  readonly kind: 'interface'
  readonly name: string
  readonly members: readonly string[]
  /** Name to type. A subgraph has a field of these where all its members have it. */
  readonly fields: Map<string, FieldModel>
  /** Subgraphs where the interface is an `@interfaceObject`: they know no member. It has `@key(fields: "id")` then. */
  readonly objectIn: readonly string[]
  /** Where it is an interface with a key. */
  readonly keyedIn: readonly string[]
}

export type UnionModel = Readonly<{
  kind: 'union'
  name: string
  members: readonly string[]
  /** Subgraphs that know fewer. */
  membersIn: ReadonlyMap<string, readonly string[]>
}>

export type EnumModel = Readonly<{
  kind: 'enum'
  name: string
  values: readonly string[]
  /** Subgraphs that know fewer. */
  valuesIn: ReadonlyMap<string, readonly string[]>
  inaccessible: readonly string[]
}>

export type InputModel = Readonly<{
  kind: 'input'
  name: string
  fields: readonly ArgumentModel[]
  /** Names of fields that a subgraph does not know. */
  absentIn: ReadonlyMap<string, readonly string[]>
}>

export type ScalarModel = Readonly<{ kind: 'scalar'; name: string }>

/** The types alone: of a model, or of one that is being made. */
export type Types = Pick<GraphModel, 'types'>

/** The name inside all lists and non-nulls. */
export const namedType = (type: string): string => type.replace(/[[\]!]/g, '')

export const typeOf = (model: Types, name: string): TypeModel | undefined => model.types.get(name)

export const objectOf = (model: Types, name: string): ObjectModel => {
  const type = model.types.get(name)
  if (type?.kind !== 'object') throw new TypeError(`${name} is not an object type of the model`)
  return type
}

export const interfacesOf = (model: Types, name: string): InterfaceModel[] =>
  [...model.types.values()].filter(
    (type): type is InterfaceModel => type.kind === 'interface' && type.members.includes(name),
  )

/** A field of an object, or one that an interface object adds to it. */
export const fieldOf = (model: Types, typeName: string, field: string): FieldModel => {
  const own = objectOf(model, typeName).fields.get(field)
  if (own !== undefined) return own
  for (const type of interfacesOf(model, typeName)) {
    const added = type.fields.get(field)
    if (added !== undefined) return added
  }
  throw new TypeError(`there is no ${typeName}.${field}`)
}

/** Concrete types behind a name. */
export const membersOf = (model: Types, name: string): readonly string[] => {
  const type = model.types.get(name)
  if (type?.kind === 'interface' || type?.kind === 'union') return type.members
  return [name]
}

export const isEntity = (type: TypeModel | undefined): type is ObjectModel =>
  type?.kind === 'object' && type.keys.length > 0
