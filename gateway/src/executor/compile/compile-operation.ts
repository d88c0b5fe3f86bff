import { MarqueeError } from '@marquee/contract'
import { Kind, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import { emptySelectionName, type PlanningDocument } from '../../planner/planning-document.ts'
import type { QueryPlan } from '../../planner/query-plan.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { collectFields } from '../../documents/collect-fields.ts'
import { clientSelection, type ClientSelection } from '../projection/client-selection.ts'
import { compileProjection, type Project } from '../projection/compile-projection.ts'
import { compileIntrospection, type Introspect } from '../projection/introspection.ts'
import { addMembers } from './add-members.ts'
import type { IsVerbatim } from '../../fleet/fetch.ts'
import { adaptPlan } from './adapt-plan.ts'
import { mapParts } from './plan-parts.ts'
import { compilePlan, type CompiledPlan } from './compile-plan.ts'

/** An operation ready to run, any number of times. Frozen. */
export type CompiledOperation = Readonly<{
  plan: CompiledPlan
  project: Project
  /** Tells whether a subgraph's answer is the client's; absent where no single answer can be. */
  isVerbatim: IsVerbatim | undefined
  /** Absent where the client asks nothing of the schema itself. */
  introspect: Introspect | undefined
  planning: PlanningDocument
  clientSelection: () => ClientSelection | undefined
  /** As it was planned, for showing. */
  queryPlan: QueryPlan
}>

const definitionIn = ({ document }: PlanningDocument): OperationDefinitionNode =>
  document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode

/** Does it select anything at the root that a subgraph must answer? */
export const asksSubgraphs = (schema: GraphQLSchema, planning: PlanningDocument): boolean => {
  const definition = definitionIn(planning)
  const type = schema.getRootType(definition.operation)
  if (type === undefined || type === null) return false
  const fragments = new Map(
    planning.document.definitions.flatMap(node =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )
  const { fields } = collectFields(schema, fragments, type, [definition.selectionSet])
  return [...fields.values()].some(nodes => nodes[0]?.name.value.startsWith('__') === false)
}

/** A plan as its subgraphs can be asked, deferred parts too. */
export const adapted = (
  queryPlan: QueryPlan,
  { document }: PlanningDocument,
  supergraph: Supergraph,
): QueryPlan => {
  const { node } = queryPlan
  if (node === undefined) return queryPlan
  const whole = addMembers(node, document, supergraph)
  return { ...queryPlan, node: mapParts(whole, part => adaptPlan(part, document, supergraph)) }
}

/** One fetch brings everything. */
const isOneQuery = ({ calls }: CompiledPlan): boolean => {
  const fetches = calls.flatMap(({ lanes }) => lanes).flatMap(lane => lane.fetches.map(() => lane.template))
  return fetches.length === 1 && fetches[0]?.form === 'query'
}

/**
 * Compiles an operation and its plan.
 * @throws QUERY_PLANNING_FAILED when the plan asks nothing although the client does, or has a node of unknown kind,
 * or would need two values for one field of a representation
 */
export const compileOperation = (
  planning: PlanningDocument,
  queryPlan: QueryPlan,
  supergraph: Supergraph,
): CompiledOperation => {
  const { apiSchema } = supergraph
  if (queryPlan.node === undefined && asksSubgraphs(apiSchema, planning)) {
    // The planner leaves out what it finds no way to; an answer full of nulls would be a lie.
    throw new MarqueeError('QUERY_PLANNING_FAILED', {}, { cause: new Error('the plan is empty') })
  }
  const plan = compilePlan(adapted(queryPlan, planning, supergraph), supergraph)
  const operation = definitionIn(planning)
  const { document, clientName } = planning
  const parts = { schema: apiSchema, document, operation, clientName, emptyName: emptySelectionName }
  const { project, isVerbatim } = compileProjection(parts, plan.root)
  const introspect = compileIntrospection(parts, plan.root)
  return Object.freeze({
    plan,
    project,
    isVerbatim: isOneQuery(plan) ? isVerbatim : undefined,
    introspect,
    planning,
    clientSelection: clientSelection(parts),
    queryPlan,
  })
}
