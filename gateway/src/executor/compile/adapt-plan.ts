import { visit, type DocumentNode } from 'graphql'
import type { FetchNode, PlanNode } from '../../planner/query-plan.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { checkRepresentation, restoreArguments } from './restore-arguments.ts'
import { separateNeeds } from './separate-needs.ts'

type Known = Pick<Supergraph, 'requiringInterfaceObjects' | 'isSubtype' | 'fieldIn' | 'keysIn' | 'standIns'>

/** The types that fragments of an operation are on. */
const conditionsIn = (document: DocumentNode): ReadonlySet<string> => {
  const conditions = new Set<string>()
  visit(document, {
    NamedType: ({ name }) => {
      conditions.add(name.value)
    },
  })
  return conditions
}

const fetchesFor = (node: FetchNode, known: Known, conditions: ReadonlySet<string>): readonly FetchNode[] => {
  const { requiringInterfaceObjects, isSubtype, standIns } = known
  // Objects of other types than a fragment is on lack what only its fields need, and would not be asked at all.
  const apart = [...requiringInterfaceObjects].some(
    type =>
      node.operation.includes(`on ${type}`) &&
      [...conditions].some(condition => condition !== type && isSubtype(condition, type)),
  )
  if (!apart && standIns.size === 0) return [node]
  const parts = separateNeeds(node, known, apart)
  if (standIns.size === 0) return parts
  return parts.map(part => {
    checkRepresentation(part.requires ?? [], known)
    return { ...part, operation: restoreArguments(part.operation, known) }
  })
}

/**
 * Makes of a plan what subgraphs can be asked: fields that stand in for others are those others again, and fields that
 * one representation cannot serve are fetched side by side.
 * @param document  what was planned
 * @throws QUERY_PLANNING_FAILED when one representation would need two values for one field
 */
export const adaptPlan = (node: PlanNode, document: DocumentNode, known: Known): PlanNode => {
  const conditions = conditionsIn(document)
  const adapt = (each: PlanNode): PlanNode => {
    if (each.kind === 'Flatten') return { ...each, node: adapt(each.node) }
    if (each.kind === 'Sequence' || each.kind === 'Parallel') {
      return { ...each, nodes: each.nodes.map(adapt) }
    }
    // What else there may be is found out later.
    if (each.kind !== 'Fetch') return each
    const [only, ...others] = fetchesFor(each, known, conditions)
    return only === undefined || others.length > 0
      ? { kind: 'Parallel', nodes: [only, ...others].filter(one => one !== undefined) }
      : only
  }
  return adapt(node)
}
