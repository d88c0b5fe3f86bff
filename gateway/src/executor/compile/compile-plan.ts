import { Kind, print, type DocumentNode, type OperationDefinitionNode, type SelectionNode } from 'graphql'
import type { FetchTemplate } from '../../fleet/fetch.ts'
import type { FetchNode, QueryPlan } from '../../planner/query-plan.ts'
import { fieldTree } from '../../supergraph/field-tree.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { awaitValues } from './await-values.ts'
import { compileContext, type ReadContext } from './context.ts'
import { failedValues, type HasFailed } from './failed-values.ts'
import { Layout } from './lay-out.ts'
import { isPublic } from './is-public.ts'
import { planFetches, type PlannedFetch } from './plan-fetches.ts'
import { keyOf, type Position, type Selection } from './position.ts'
import { compileRepresentation, type Representation } from './representation.ts'
import { schedule } from './schedule.ts'
import { splitFetches } from './split-fetches.ts'

/** Where nodes are found: from the nodes of an interned position, or from the root, down a path of slots. */
export type Route = Readonly<{ from: Position; slots: readonly number[] }>

/** One fetch node, compiled. Frozen: requests share it. */
export type CompiledFetch = Readonly<{
  /** Where it arrives. */
  position: Position
  path: readonly (string | number)[]
  route: Route
  selection: Selection
  /** Absent for fetches at a root. */
  representation: Representation | undefined
  /** Of what is represented. */
  hasFailed: HasFailed
  /** Variables that are filled from what is above a node (`@context`), and whence. */
  contexts: readonly ReadContext[]
}>

/** Fetches that ask the same thing of the same subgraph at the same time: they share one list of representations. */
export type Lane = Readonly<{ template: FetchTemplate; fetches: readonly CompiledFetch[] }>

/** One request to a subgraph, and the calls (by number) that must have ended before. */
export type CompiledCall = Readonly<{ subgraph: string; lanes: readonly Lane[]; after: readonly number[] }>

export type CompiledPlan = Readonly<{ root: Position; calls: readonly CompiledCall[] }>

const operationOf = (document: DocumentNode): OperationDefinitionNode => {
  const operation = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) throw new Error('a fetch node without an operation')
  return operation
}

/** The selections with those of fragments on a root type in their places: a subgraph may call its root otherwise. */
const unwrapped = (
  selections: readonly SelectionNode[],
  roots: ReadonlySet<string>,
): readonly SelectionNode[] =>
  selections.flatMap(node =>
    node.kind === Kind.INLINE_FRAGMENT && roots.has(node.typeCondition?.name.value ?? '')
      ? unwrapped(node.selectionSet.selections, roots)
      : [node],
  )

/** Without the name, which differs from fetch to fetch, so that what asks the same reads the same. */
const plain = (document: DocumentNode, { apiSchema }: Supergraph): DocumentNode => {
  const types = [apiSchema.getQueryType(), apiSchema.getMutationType()]
  const roots = new Set(types.flatMap(type => (type === null || type === undefined ? [] : [type.name])))
  const definitions = document.definitions.map(node => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return node
    const { name: _name, ...rest } = node
    const selections = unwrapped(node.selectionSet.selections, roots)
    return { ...rest, selectionSet: { ...node.selectionSet, selections } }
  })
  return { ...document, definitions }
}

/** What is selected of an entity: `_entities` itself is not in the answer. */
const selectionSetOf = (operation: OperationDefinitionNode, isEntityFetch: boolean) => {
  if (!isEntityFetch) return operation.selectionSet
  const [field] = operation.selectionSet.selections
  if (field?.kind !== Kind.FIELD || field.selectionSet === undefined) {
    throw new Error('an entity fetch that does not ask for _entities')
  }
  return field.selectionSet
}

const templateOf = (node: FetchNode, document: DocumentNode, supergraph: Supergraph): FetchTemplate => {
  const unnamed = plain(document, supergraph)
  const form =
    node.requires !== undefined ? 'entities' : node.operationKind === 'mutation' ? 'mutation' : 'query'
  return Object.freeze({
    subgraph: node.serviceName,
    form,
    text: print(unnamed),
    document: unnamed,
    variableNames: Object.freeze((node.variableUsages ?? []).filter(name => name !== 'representations')),
    isPublic: form !== 'mutation' && isPublic(unnamed, form, supergraph),
  })
}

/** From the nearest interned position above, whose nodes are listed; a path below the root otherwise. */
const routeTo = (position: Position): Route => {
  const slots: number[] = []
  let from = position
  while (from.parent !== undefined && !from.isInterned) {
    const { parent } = from
    const field = [...parent.fields.values()].find(one => one.position === from)
    slots.unshift(keyOf(parent, field as NonNullable<typeof field>) as number)
    from = parent
  }
  return Object.freeze({ from, slots: Object.freeze(slots) })
}

export type LaidOut = Readonly<{
  planned: PlannedFetch
  template: FetchTemplate
  position: Position
  selection: Selection
}>

export const layOut = (
  layout: Layout,
  planned: PlannedFetch,
  number: number,
  supergraph: Supergraph,
): LaidOut => {
  const { node, document, path } = planned
  const template = templateOf(node, document, supergraph)
  const position = layout.at(path)
  const contexts = node.contextRewrites ?? []
  if (path.length > 0) layout.arrive(position, number, contexts.length > 0)
  const operation = operationOf(document)
  const set = selectionSetOf(operation, template.form === 'entities')
  const selection = layout.select(position, number, set, document, node.outputRewrites ?? [])
  return { planned, template, position, selection }
}

const compileFetch = ({ planned, position, selection }: LaidOut, supergraph: Supergraph): CompiledFetch => {
  const { node, path } = planned
  return Object.freeze({
    position,
    path,
    route: routeTo(position),
    selection,
    representation:
      node.requires === undefined
        ? undefined
        : compileRepresentation(node.requires, node.inputRewrites ?? [], position, {
            isSubtype: supergraph.isSubtype,
            standIns: supergraph.standIns,
            keysOf: type => supergraph.keysIn(node.serviceName, type).map(({ fields }) => fieldTree(fields)),
          }),
    hasFailed: failedValues(node.requires ?? [], position, supergraph.isSubtype),
    contexts: Object.freeze(
      (node.contextRewrites ?? []).map(rewrite => compileContext(rewrite, position, supergraph.isSubtype)),
    ),
  })
}

export const lanesOf = (group: readonly LaidOut[], supergraph: Supergraph): readonly Lane[] => {
  const lanes = new Map<string, { template: FetchTemplate; fetches: CompiledFetch[] }>()
  group.forEach((laid, index) => {
    // Fetches at a root are no lists that could be joined.
    const key = laid.template.form === 'entities' ? laid.template.text : `${index}`
    const fetch = compileFetch(laid, supergraph)
    const lane = lanes.get(key)
    if (lane === undefined) lanes.set(key, { template: laid.template, fetches: [fetch] })
    else lane.fetches.push(fetch)
  })
  return Object.freeze([...lanes.values()].map(lane => Object.freeze(lane)))
}

/**
 * Compiles a query plan: whatever can be known before a request comes is found out here, once.
 * @throws QUERY_PLANNING_FAILED on a plan node of unknown kind, or by which an answer would be wrong: see
 *         split-fetches.ts and await-values.ts
 */
export const compilePlan = ({ node }: QueryPlan, supergraph: Supergraph): CompiledPlan => {
  const layout = new Layout()
  if (node === undefined) return Object.freeze({ root: layout.root, calls: Object.freeze([]) })
  const fetches = splitFetches(planFetches(node), supergraph)
  const laidOut = fetches.map((fetch, number) => layOut(layout, fetch, number, supergraph))
  layout.finish()
  const positions = laidOut.map(({ position }) => position)
  const calls = schedule(awaitValues(fetches, layout, positions, supergraph))
  return Object.freeze({
    root: layout.root,
    calls: Object.freeze(
      calls.map(call => {
        const group = call.fetches.map(number => laidOut[number] as LaidOut)
        return Object.freeze({
          subgraph: group[0]?.template.subgraph ?? '',
          lanes: lanesOf(group, supergraph),
          after: call.after,
        })
      }),
    ),
  })
}
