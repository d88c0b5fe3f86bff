import {
  Kind,
  parse,
  print,
  visit,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { FetchNode, PlanSelection } from '../../planner/query-plan.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { hasArguments, holds, planSelections, selectsField, setsBelow, type FieldSets } from './field-sets.ts'
import { impossiblePlan } from './impossible-plan.ts'
import type { PlannedFetch } from './plan-fetches.ts'

type Known = Pick<Supergraph, 'apiSchema' | 'fieldIn' | 'keysIn' | 'ownersOf' | 'isSubtype' | 'objectTypes'>

/** Where a selection set stands in a fetch. */
type Place = Readonly<{
  type: string
  path: readonly (string | number)[]
  /** What the subgraph gives here of fields that are not its own (`@provides`, keys). */
  given: FieldSets
  /** What it was told of the value. */
  sent: readonly PlanSelection[]
}>

/** A field that is fetched by itself. */
type Moved = Readonly<{
  field: FieldNode
  place: Place
  subgraph: string
  /** What there is to be told of the value: a key, and what the field requires. */
  key: SelectionSetNode
  requires: SelectionSetNode | undefined
}>

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const
const typenameNode: FieldNode = { kind: Kind.FIELD, name: nameNode('__typename') }

const responseName = ({ alias, name }: FieldNode): string => alias?.value ?? name.value

const variablesOf = (field: FieldNode): ReadonlySet<string> => {
  const names = new Set<string>()
  visit(field, { Variable: ({ name }) => void names.add(name.value) })
  return names
}

/** Takes out of one fetch what its subgraph cannot answer there. */
class Splitter {
  readonly #node: FetchNode
  readonly #known: Known
  readonly moved: Moved[] = []

  constructor(node: FetchNode, known: Known) {
    this.#node = node
    this.#known = known
  }

  set(set: SelectionSetNode, place: Place): SelectionSetNode {
    const { serviceName } = this.#node
    const keys = this.#known.keysIn(serviceName, place.type).map(({ fields }) => fields)
    const here = { ...place, given: [...place.given, ...keys] }
    const before = this.moved.length
    const kept = set.selections.flatMap(node => this.#selection(node, here) ?? [])
    const added = this.moved.slice(before).filter(moved => moved.place === here)
    for (const { key } of added) addMissing(kept, [typenameNode, ...key.selections])
    return { ...set, selections: kept }
  }

  #selection(node: SelectionNode, place: Place): SelectionNode | undefined {
    if (node.kind === Kind.FIELD) return this.#field(node, place)
    if (node.kind === Kind.FRAGMENT_SPREAD) return node
    const type = node.typeCondition?.name.value ?? place.type
    const selectionSet = this.set(node.selectionSet, { ...place, type })
    return selectionSet.selections.length === 0 ? undefined : { ...node, selectionSet }
  }

  #field(node: FieldNode, place: Place): FieldNode | undefined {
    const { serviceName } = this.#node
    const name = node.name.value
    const field = this.#known.fieldIn(serviceName, place.type, name)
    if (field === undefined) return node
    if (field.isAbsent || (field.isExternal && !selectsField(place.given, name))) {
      this.#move(node, place, this.#known.ownersOf(place.type, name))
      return undefined
    }
    if (field.requires !== undefined && !this.#isTold(field.requires, place)) {
      this.#move(node, place, [serviceName], field.requires)
      return undefined
    }
    if (node.selectionSet === undefined) return node
    const provided = field.provides === undefined ? [] : [field.provides]
    const below = this.set(node.selectionSet, {
      type: field.type,
      path: [...place.path, responseName(node), ...Array<string>(field.lists).fill('@')],
      given: [...setsBelow(place.given, name), ...provided],
      sent: [],
    })
    return { ...node, selectionSet: below }
  }

  #isTold(requires: SelectionSetNode, { type, sent, given }: Place): boolean {
    return holds(sent, requires, type, this.#known.isSubtype) || this.#isLocal(requires, type, given)
  }

  /** Does the subgraph have all of a field set itself? */
  #isLocal({ selections }: SelectionSetNode, type: string, given: FieldSets): boolean {
    return selections.every(node => {
      if (node.kind === Kind.FRAGMENT_SPREAD) return false
      if (node.kind === Kind.INLINE_FRAGMENT) {
        return this.#isLocal(node.selectionSet, node.typeCondition?.name.value ?? type, given)
      }
      const name = node.name.value
      if (name === '__typename') return true
      const field = this.#known.fieldIn(this.#node.serviceName, type, name)
      if (field === undefined || field.isAbsent) return false
      if (field.isExternal && !selectsField(given, name)) return false
      if (field.requires !== undefined) return false
      if (node.selectionSet === undefined) return true
      const provided = field.provides === undefined ? [] : [field.provides]
      return this.#isLocal(node.selectionSet, field.type, [...setsBelow(given, name), ...provided])
    })
  }

  /** @param subgraphs  those that may be asked */
  #move(field: FieldNode, place: Place, subgraphs: readonly string[], requires?: SelectionSetNode): void {
    const { outputRewrites = [], contextRewrites = [] } = this.#node
    const variables = variablesOf(field)
    const canMove =
      this.#known.objectTypes.has(place.type) &&
      (requires === undefined || !hasArguments(requires)) &&
      !outputRewrites.some(({ path }) => path.includes(responseName(field))) &&
      !contextRewrites.some(({ renameKeyTo }) => variables.has(renameKeyTo))
    for (const subgraph of canMove ? subgraphs : []) {
      const key = this.#known
        .keysIn(subgraph, place.type)
        .find(({ fields, isResolvable }) => isResolvable && this.#isLocal(fields, place.type, []))
      if (key === undefined) continue
      this.moved.push({ field, place, subgraph, key: key.fields, requires })
      return
    }
    const what = requires === undefined ? 'which it does not have' : 'without what it requires'
    throw impossiblePlan(`${this.#node.serviceName} is asked for ${place.type}.${field.name.value}, ${what}`)
  }
}

/** Adds selections that are not there yet. */
const addMissing = (selections: SelectionNode[], added: readonly SelectionNode[]): void => {
  const leaves = new Set(
    selections.flatMap(node => (node.kind === Kind.FIELD && !node.selectionSet ? [responseName(node)] : [])),
  )
  for (const node of added) {
    if (node.kind !== Kind.FIELD || !leaves.has(responseName(node))) selections.push(node)
  }
}

const operationIn = ({ definitions }: DocumentNode): OperationDefinitionNode =>
  definitions.find(node => node.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode

/** The fetch of a field by itself, once what it requires is known. */
const fetchOf = (
  { field, place, subgraph, key, requires }: Moved,
  from: PlannedFetch,
  number: number,
): PlannedFetch => {
  const variables = variablesOf(field)
  const definitions = (operationIn(from.document).variableDefinitions ?? [])
    .filter(({ variable }) => variables.has(variable.name.value))
    .map(node => print(node))
  const operation = `query (${['$representations: [_Any!]!', ...definitions].join()}) {
    _entities(representations: $representations) { ... on ${place.type} { ${print(field)} } }
  }`
  const node: FetchNode = {
    kind: 'Fetch',
    serviceName: subgraph,
    requires: [
      {
        kind: 'InlineFragment',
        typeCondition: place.type,
        selections: [
          { kind: 'Field', name: '__typename' },
          ...planSelections(key),
          ...(requires === undefined ? [] : planSelections(requires)),
        ],
      },
    ],
    variableUsages: [...variables],
    operation,
    operationKind: 'query',
  }
  return { node, document: parse(operation, { noLocation: true }), path: place.path, after: [number] }
}

const rootTypeOf = ({ apiSchema }: Known, operation: OperationDefinitionNode): string =>
  apiSchema.getRootType(operation.operation)?.name ?? ''

/** One fetch without what its subgraph cannot answer, and that. */
const split = (
  { node, document, path }: PlannedFetch,
  known: Known,
): Readonly<{ document: DocumentNode; moved: readonly Moved[] }> => {
  const operation = operationIn(document)
  const splitter = new Splitter(node, known)
  const entities = node.requires === undefined ? undefined : operation.selectionSet.selections[0]
  const place = { type: rootTypeOf(known, operation), path, given: [], sent: node.requires ?? [] }
  const selectionSet =
    entities?.kind === Kind.FIELD && entities.selectionSet !== undefined
      ? {
          ...operation.selectionSet,
          selections: [{ ...entities, selectionSet: splitter.set(entities.selectionSet, place) }],
        }
      : splitter.set(operation.selectionSet, place)
  const { moved } = splitter
  if (moved.length === 0) return { document, moved }
  const definitions = document.definitions.map(each =>
    each === operation ? { ...operation, selectionSet } : each,
  )
  return { document: { ...document, definitions }, moved }
}

/**
 * Sees to it that no subgraph is asked for a field before it is told what that field requires, nor for another's field,
 * as the planner does where a `@requires` leads to another: such a field gets a fetch of its own. What it waits for, see
 * await-values.ts.
 * @throws QUERY_PLANNING_FAILED when a subgraph is asked for what it does not have, or a field cannot be taken out
 */
export const splitFetches = (planned: readonly PlannedFetch[], known: Known): readonly PlannedFetch[] => {
  const fetches = [...planned]
  for (let number = 0; number < fetches.length; number += 1) {
    const fetch = fetches[number] as PlannedFetch
    const { document, moved } = split(fetch, known)
    if (moved.length === 0) continue
    const added = moved.map((_one, index) => fetches.length + index)
    fetches[number] = { ...fetch, document }
    fetches.push(...moved.map(one => fetchOf(one, fetch, number)))
    // The next mutation changes things only when all that reads after this one has read.
    fetches.forEach((other, index) => {
      if (other.node.operationKind !== 'mutation' || !other.after.includes(number)) return
      fetches[index] = { ...other, after: [...other.after, ...added] }
    })
  }
  return fetches
}
