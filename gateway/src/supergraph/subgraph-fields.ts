import {
  Kind,
  type ConstDirectiveNode,
  type DocumentNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql'
import {
  argumentOf,
  directivesNamed,
  isArgumentFalse,
  isArgumentTrue,
  textArgument,
} from './directive-arguments.ts'
import { parseFieldSet } from './field-set.ts'
import { joinedGraphs } from './read-subgraphs.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'
import type { StandIns } from './stand-ins.ts'

/** How one subgraph has a field. */
export type SubgraphField = Readonly<{
  /** The named type of its values. */
  type: string
  /** How many lists are around a value. */
  lists: number
  /** The whole type, as SDL has it. */
  written: string
  isExternal: boolean
  /** Others have it, this one does not. */
  isAbsent: boolean
  /** Another subgraph has taken it over, or does for some callers. */
  isOverridden: boolean
  /** It has arguments that come from `@context`. */
  takesContext: boolean
  requires: SelectionSetNode | undefined
  provides: SelectionSetNode | undefined
}>

/** What subgraphs have, by their names. */
export type SubgraphFields = Readonly<{
  fieldIn: (subgraph: string, type: string, field: string) => SubgraphField | undefined
  keysIn: (subgraph: string, type: string) => readonly SubgraphKey[]
  /** Those that have a field themselves, as opposed to `@external`. */
  ownersOf: (type: string, field: string) => readonly string[]
}>

export type SubgraphKey = Readonly<{ fields: SelectionSetNode; isResolvable: boolean }>

/** What `@join__field` says of a field in one graph, as it is written. */
type Declared = Readonly<{
  isExternal: boolean
  isOverridden: boolean
  takesContext: boolean
  /** The subgraph that it is taken over from. */
  override?: string
  type?: string
  requires?: string
  provides?: string
}>

const fieldSet = (text: string | undefined): SelectionSetNode | undefined =>
  text === undefined ? undefined : parseFieldSet(text)

const textOfType = (node: TypeNode): string => {
  if (node.kind === Kind.NAMED_TYPE) return node.name.value
  const text = textOfType(node.type)
  return node.kind === Kind.LIST_TYPE ? `[${text}]` : `${text}!`
}

const declaredBy = (joinField: ConstDirectiveNode): Declared => {
  const [type, requires, provides, override] = ['type', 'requires', 'provides', 'override'].map(name =>
    textArgument(joinField, name),
  )
  return {
    isExternal: isArgumentTrue(joinField, 'external'),
    isOverridden: isArgumentTrue(joinField, 'usedOverridden'),
    takesContext: argumentOf(joinField, 'contextArguments') !== undefined,
    ...(override !== undefined && { override }),
    ...(type !== undefined && { type }),
    ...(requires !== undefined && { requires }),
    ...(provides !== undefined && { provides }),
  }
}

type Field = Readonly<{ type: string; in: ReadonlyMap<string, Declared> }>

/** By `Type.field`. Texts only: the syntax tree of a large supergraph is not to stay in memory. */
const readFields = (document: DocumentNode, join: string): ReadonlyMap<string, Field> => {
  const fields = new Map<string, Field>()
  for (const type of typesOf(document)) {
    for (const field of outputFieldsOf(type)) {
      const joins = directivesNamed(field, `${join}__field`).map(
        joinField => [textArgument(joinField, 'graph') ?? '', declaredBy(joinField)] as const,
      )
      fields.set(`${type.name.value}.${field.name.value}`, {
        type: textOfType(field.type),
        in: new Map(joins),
      })
    }
  }
  return fields
}

type Key = Readonly<{ graph: string; fields: string; isResolvable: boolean }>

const readKeys = (document: DocumentNode, join: string): ReadonlyMap<string, readonly Key[]> => {
  const keys = new Map<string, readonly Key[]>()
  for (const type of typesOf(document)) {
    const own = directivesNamed(type, `${join}__type`).flatMap(joinType => {
      const [graph, fields] = [textArgument(joinType, 'graph'), textArgument(joinType, 'key')]
      if (graph === undefined || fields === undefined) return []
      return [{ graph, fields, isResolvable: !isArgumentFalse(joinType, 'resolvable') }]
    })
    if (own.length > 0) keys.set(type.name.value, [...(keys.get(type.name.value) ?? []), ...own])
  }
  return keys
}

/**
 * @param join      what the join specification is called in the supergraph
 * @param standIns  by whose names `requires` has what they stand for, as plans do
 */
export const subgraphFields = (document: DocumentNode, join: string, standIns: StandIns): SubgraphFields => {
  const graphs = new Map(joinedGraphs(document, join).map(({ name, graph }) => [name, graph]))
  const fields = readFields(document, join)
  const keys = readKeys(document, join)
  const found = new Map<string, SubgraphField>()
  const fieldIn: SubgraphFields['fieldIn'] = (subgraph, type, name) => {
    const place = `${subgraph} ${type}.${name}`
    const known = found.get(place)
    if (known !== undefined) return known
    const field = fields.get(`${type}.${standIns.fields.get(name)?.field ?? name}`)
    if (field === undefined) return undefined
    const declared = field.in.get(graphs.get(subgraph) ?? '')
    const typeHere = declared?.type ?? field.type
    const here = Object.freeze({
      type: typeHere.replaceAll(/\W/g, ''),
      lists: typeHere.split('[').length - 1,
      written: typeHere,
      isExternal: declared?.isExternal === true,
      isAbsent: declared === undefined && field.in.size > 0,
      isOverridden:
        declared?.isOverridden === true ||
        [...field.in.values()].some(({ override }) => override === subgraph),
      takesContext: declared?.takesContext === true,
      requires: declared?.requires === undefined ? undefined : standIns.replaceIn(declared.requires),
      provides: fieldSet(declared?.provides),
    })
    found.set(place, here)
    return here
  }
  const keysIn: SubgraphFields['keysIn'] = (subgraph, type) =>
    (keys.get(type) ?? [])
      .filter(({ graph }) => graph === graphs.get(subgraph))
      .map(key => ({ fields: parseFieldSet(key.fields), isResolvable: key.isResolvable }))
  const ownersOf: SubgraphFields['ownersOf'] = (type, name) =>
    [...graphs]
      .filter(([, graph]) => fields.get(`${type}.${name}`)?.in.get(graph)?.isExternal === false)
      .map(([subgraph]) => subgraph)
  return Object.freeze({ fieldIn, keysIn, ownersOf })
}
