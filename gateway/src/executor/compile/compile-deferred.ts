import { Kind, type GraphQLCompositeType, type OperationDefinitionNode } from 'graphql'
import type { DeferredDocument } from '../../planner/deferred-fragments.ts'
import { emptySelectionName } from '../../planner/planning-document.ts'
import type { QueryPlan } from '../../planner/query-plan.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { compileObject, compileProjection } from '../projection/compile-projection.ts'
import { compileIntrospection } from '../projection/introspection.ts'
import type { WriteValue } from '../projection/write-leaf.ts'
import { awaitValues } from './await-values.ts'
import { asksSubgraphs, type CompiledOperation } from './compile-operation.ts'
import { lanesOf, layOut, type CompiledCall, type LaidOut } from './compile-plan.ts'
import { splitDeferred, type DeferredPart } from './deferred-parts.ts'
import { impossiblePlan } from './impossible-plan.ts'
import { Layout } from './lay-out.ts'
import type { PlannedFetch } from './plan-fetches.ts'
import { planDeferredFetches } from './plan-deferred.ts'
import type { Position } from './position.ts'
import { schedule } from './schedule.ts'
import { splitFetches } from './split-fetches.ts'

/** A deferred part, ready to run. */
export type CompiledPart = Omit<DeferredPart, 'selectionSet'> &
  Readonly<{
    /** What the client calls it. */
    clientLabel: string | undefined
    /** Of its objects; undefined where no fetch comes. */
    position: Position | undefined
    write: WriteValue
  }>

/**
 * An operation of which parts are answered later. `plan` has the calls of all parts, `project` and `introspect` are
 * about the first answer. Frozen.
 */
export type CompiledDeferred = CompiledOperation &
  Readonly<{
    parts: readonly CompiledPart[]
    /** For each call the part that it is for, by number; undefined: the first answer. */
    partOf: readonly (number | undefined)[]
  }>

type Part = number | undefined
type PartedCalls = Readonly<{ calls: readonly CompiledCall[]; partOf: readonly Part[] }>

/** Whether a part is another, or within it. All are within the first answer. */
const isWithin = (parts: readonly DeferredPart[], part: Part, other: Part): boolean => {
  let at = part
  while (at !== other && at !== undefined) at = parts[at]?.parent
  return at === other
}

/** Fetches of different parts never travel together: the first answer would wait for what is deferred. */
const scheduleParts = (
  fetches: readonly PlannedFetch[],
  partOf: readonly Part[],
  laidOut: readonly LaidOut[],
  parts: readonly DeferredPart[],
  supergraph: Supergraph,
): PartedCalls => {
  const calls: CompiledCall[] = []
  const callParts: Part[] = []
  const callOf = new Map<number, number>()
  for (const part of [undefined, ...parts.keys()]) {
    const own = [...fetches.keys()].filter(number => partOf[number] === part)
    const local = new Map(own.map((number, index) => [number, index]))
    const before = calls.length
    const planned = own.map(number => {
      const fetch = fetches[number] as PlannedFetch
      return { ...fetch, after: fetch.after.flatMap(other => local.get(other) ?? []) }
    })
    const scheduled = planned.length === 0 ? [] : schedule(planned)
    scheduled.forEach((call, index) => {
      for (const number of call.fetches) callOf.set(own[number] as number, before + index)
    })
    for (const call of scheduled) {
      const numbers = call.fetches.map(number => own[number] as number)
      const group = numbers.map(number => laidOut[number] as LaidOut)
      const outside = numbers.flatMap(number => fetches[number]?.after ?? []).map(other => callOf.get(other))
      if (outside.includes(undefined)) throw impossiblePlan('a deferred part waits for one that comes later')
      const after = new Set([...call.after.map(number => number + before), ...(outside as number[])])
      after.delete(calls.length)
      calls.push(
        Object.freeze({
          subgraph: group[0]?.template.subgraph ?? '',
          lanes: lanesOf(group, supergraph),
          after: Object.freeze([...after]),
        }),
      )
      callParts.push(part)
    }
  }
  return { calls: Object.freeze(calls), partOf: Object.freeze(callParts) }
}

const compileCalls = (
  { node }: QueryPlan,
  parts: readonly DeferredPart[],
  supergraph: Supergraph,
): PartedCalls & Readonly<{ root: Position }> => {
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
  return { root: layout.root, ...scheduleParts(completed, partOf, laidOut, parts, supergraph) }
}

const positionOf = (root: Position, { steps }: DeferredPart): Position | undefined =>
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
  if (queryPlan.node === undefined && asksSubgraphs(schema, planning)) throw impossiblePlan('the plan is empty')
  const definition = whole.definitions.find(
    node => node.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode
  const type = schema.getRootType(definition.operation) as GraphQLCompositeType
  const { document, operation, parts } = splitDeferred(whole, definition, schema, type)
  const { root, calls, partOf } = compileCalls(queryPlan, parts, supergraph)
  const common = { schema, clientName, emptyName: emptySelectionName }
  const first = { ...common, document, operation }
  const introspect = compileIntrospection({ ...common, document: whole, operation: definition }, root)
  return Object.freeze({
    plan: Object.freeze({ root, calls }),
    partOf,
    project: compileProjection(first, root),
    introspect,
    planning,
    queryPlan,
    parts: Object.freeze(
      parts.map(({ selectionSet, ...part }) => {
        const position = positionOf(root, { ...part, selectionSet })
        const write = compileObject(first, part.type, selectionSet, position)
        return Object.freeze({ ...part, clientLabel: labels.get(part.label), position, write })
      }),
    ),
  })
}
