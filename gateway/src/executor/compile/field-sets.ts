import { Kind, type FieldNode, type SelectionSetNode } from 'graphql'
import type { PlanSelection } from '../../planner/query-plan.ts'
import type { IsSubtype } from './representation.ts'

/** Field sets as they stand in `@key`, `@requires` and `@provides`, and what plans make of them. */
export type FieldSets = readonly SelectionSetNode[]

/** The fields of a name, whatever types they are selected for. */
const fieldsNamed = (sets: FieldSets, name: string): readonly FieldNode[] =>
  sets.flatMap(({ selections }) =>
    selections.flatMap(node => {
      if (node.kind === Kind.FIELD) return node.name.value === name ? [node] : []
      return node.kind === Kind.INLINE_FRAGMENT ? fieldsNamed([node.selectionSet], name) : []
    }),
  )

export const selectsField = (sets: FieldSets, name: string): boolean => fieldsNamed(sets, name).length > 0

/** What the sets select below a field. */
export const setsBelow = (sets: FieldSets, name: string): FieldSets =>
  fieldsNamed(sets, name).flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))

export const hasArguments = ({ selections }: SelectionSetNode): boolean =>
  selections.some(node => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return false
    if (node.kind === Kind.FIELD && node.arguments !== undefined && node.arguments.length > 0) return true
    return node.selectionSet !== undefined && hasArguments(node.selectionSet)
  })

/** As a plan has it in `requires`. */
export const planSelections = ({ selections }: SelectionSetNode): readonly PlanSelection[] =>
  selections.flatMap((node): PlanSelection[] => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return []
    if (node.kind === Kind.FIELD) {
      const below = node.selectionSet && { selections: planSelections(node.selectionSet) }
      return [{ kind: 'Field', name: node.name.value, ...below }]
    }
    const condition = node.typeCondition && { typeCondition: node.typeCondition.name.value }
    return [{ kind: 'InlineFragment', ...condition, selections: planSelections(node.selectionSet) }]
  })

/** The fields of a name among those that a value of a type may have. */
const planFieldsNamed = (
  selections: readonly PlanSelection[],
  name: string,
  type: string | undefined,
  isSubtype: IsSubtype,
): readonly (PlanSelection & { kind: 'Field' })[] =>
  selections.flatMap(selection => {
    if (selection.kind === 'Field') return selection.name === name ? [selection] : []
    const { typeCondition } = selection
    const mayApply =
      type === undefined ||
      typeCondition === undefined ||
      isSubtype(type, typeCondition) ||
      isSubtype(typeCondition, type)
    return mayApply ? planFieldsNamed(selection.selections, name, type, isSubtype) : []
  })

/** Does what is sent of a value of a type hold all of a field set? */
export const holds = (
  sent: readonly PlanSelection[],
  { selections }: SelectionSetNode,
  type: string | undefined,
  isSubtype: IsSubtype,
): boolean =>
  selections.every(node => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return false
    if (node.kind === Kind.INLINE_FRAGMENT) {
      return holds(sent, node.selectionSet, node.typeCondition?.name.value ?? type, isSubtype)
    }
    if (node.name.value === '__typename') return true
    const found = planFieldsNamed(sent, node.name.value, type, isSubtype)
    if (found.length === 0 || node.selectionSet === undefined) return found.length > 0
    const below = found.flatMap(field => field.selections ?? [])
    return holds(below, node.selectionSet, undefined, isSubtype)
  })
