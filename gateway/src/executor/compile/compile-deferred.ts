import { Kind, type GraphQLCompositeType, type OperationDefinitionNode } from 'graphql'
import type { DeferredDocument } from '../../planner/deferred-fragments.ts'
import { emptySelectionName } from '../../planner/planning-document.ts'
import type { QueryPlan } from '../../planner/query-plan.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { clientSelection } from '../projection/client-selection.ts'
import { compileObject, compileProjection } from '../projection/compile-projection.ts'
import { compileIntrospection } from '../projection/introspection.ts'
import type { WriteValue } from '../projection/write-leaf.ts'
import { awaitValues } from './await-values.ts'
import { adapted, asksSubgraphs, type CompiledOperation } from './compile-operation.ts'
import { lanesOf, layOut, type CompiledCall, type LaidOut } from './compile-plan.ts'
import { splitDeferred, type DeferredPart } from './deferred-parts.ts'
import { impossiblePlan } from './impossible-plan.ts'
import { Layout } from './lay-out.ts'
import { planDeferredFetches } from './plan-deferred.ts'
import type { Position } from './position.ts'
import { scheduleParts, type Part } from './schedule-parts.ts'
import { splitFetches } from './split-fetches.ts'

/** A deferred part, ready to run. */
export type CompiledPart = Omit<DeferredPart, 'selectionSet'> &
  Readonly<{
    /** What the client calls it. */
    clientLabel: string | undefined
    /** Of its objects; undefined where no fetch comes. */
    position: Position | undefined
    /** Writes an object of a field of that type. */
    writerFor: (type: GraphQLCompositeType) => WriteValue
  }>

/**
 * An operation of which parts are answered later. `plan` has the calls of all parts, `project` is
 * about the first answer. Frozen.
 */
export type CompiledDeferred = CompiledOperation &
  Readonly<{
    /** Of the root. */
    type: GraphQLCompositeType
    parts: readonly CompiledPart[]
    /** For each call the part that it is for, by number; undefined: the first answer. */
    partOf: readonly (number | undefined)[]
  }>

/** Whether a part is another, or within it. All are within the first answer. */
const isWithin = (parts: readonly DeferredPart[], part: Part, other: Part): boolean => {
  let at = part
  while (at !== other && at !== undefined) at = parts[at]?.parent
  return at === other
}

const compileCalls = (
  { node }: QueryPlan,
  parts: readonly DeferredPart[],
  supergraph: Supergraph,
): Readonly<{ root: Position; calls: readonly CompiledCall[]; partOf: readonly Part[] }> => {
  const layout = new Layout()
  const planned = planDeferredFetches(node, parts)
  const fetches = splitFetches(planned.fetches, supergraph)
  const partOf = fetches.map((_fetch, number) => planned.partOf[number])
  // Fields that are fetched by themselves belong to the part of the fetch that they were in.
  for (let number = planned.fetches.length; number < fetches.length; number += 1) {
    partOf[number] = partOf[fetches[number]?.after[0] ?? 0]
  }
  const laidOut = fetches.map((fetch, number) => layOut(layout, fetch, number, supergraph))
  layout.finish()
  const completed = awaitValues(
    fetches,
    layout,
    laidOut.map(({ position }) => position),
    supergraph,
    (fetch, other) => isWithin(parts, partOf[fetch], partOf[other]),
  )
  const calls = scheduleParts(completed, partOf)
  return {
    root: layout.root,
    calls: Object.freeze(
      calls.map(call => {
        const group = call.fetches.map(number => laidOut[number] as LaidOut)
        const subgraph = group[0]?.template.subgraph ?? ''
        return Object.freeze({ subgraph, lanes: lanesOf(group, supergraph), after: call.after })
      }),
    ),
    partOf: Object.freeze(calls.map(({ part }) => part)),
  }
}

const once = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, V>()
  return key => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}

const positionOf = (root: Position, { steps }: Pick<DeferredPart, 'steps'>): Position | undefined =>
  steps.reduce<Position | undefined>((position, { name }) => position?.fields.get(name)?.position, root)

/**
 * Compiles an operation with deferred parts and its plan.
 * @throws QUERY_PLANNING_FAILED as `compileOperation` does, and when the plan's parts are not the operation's
 */
export const compileDeferred = (
  { planning, labels }: DeferredDocument,
  queryPlan: QueryPlan,
  supergraph: Supergraph,
): CompiledDeferred => {
  const { apiSchema: schema } = supergraph
  const { document: whole, clientName } = planning
  if (queryPlan.node === undefined && asksSubgraphs(schema, planning))
    throw impossiblePlan('the plan is empty')
  const definition = whole.definitions.find(
    node => node.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode
  const type = schema.getRootType(definition.operation) as GraphQLCompositeType
  const { document, operation, parts } = splitDeferred(whole, definition, schema, type)
  const { root, calls, partOf } = compileCalls(adapted(queryPlan, planning, supergraph), parts, supergraph)
  const common = { schema, clientName, emptyName: emptySelectionName }
  const first = { ...common, document, operation }
  const all = { ...common, document: whole, operation: definition }
  return Object.freeze({
    plan: Object.freeze({ root, calls }),
    partOf,
    project: compileProjection(first, root).project,
    isVerbatim: undefined,
    introspect: compileIntrospection(all, root),
    clientSelection: clientSelection(all),
    planning,
    queryPlan,
    type,
    parts: Object.freeze(
      parts.map(({ selectionSet, ...part }) => {
        const position = positionOf(root, part)
        const writerFor = once((fieldType: GraphQLCompositeType) =>
          compileObject(first, fieldType, selectionSet, position),
        )
        return Object.freeze({ ...part, clientLabel: labels.get(part.label), position, writerFor })
      }),
    ),
  })
}
