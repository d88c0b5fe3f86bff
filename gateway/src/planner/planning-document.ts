import {
  Kind,
  print,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from 'graphql'
import type { Supergraph } from '../supergraph/supergraph.ts'
import { abstractFields } from './abstract-fields.ts'
import { conditionsHold } from './conditions.ts'
import { withMutationOrder } from './mutation-order.ts'
import { responseNames } from './response-names.ts'
import {
  fragmentsOf,
  rewriteSelections,
  type OperationParts,
  type SelectionRules,
} from './rewrite-selections.ts'
import { siblingConflicts } from './sibling-conflicts.ts'
import { renamedVariables, variableRenamer, variablesIn } from './variable-names.ts'
import { visitSelections } from './visit-selections.ts'

export { conditionVariables } from './conditions.ts'
export { emptySelectionName } from './rewrite-selections.ts'

/** One operation as the planner gets it, and as the executor projects it. Frozen. */
export type PlanningDocument = Readonly<{
  /**
   * One operation and the fragments that it uses, without directives. A selection that nothing is left of is
   * `emptySelectionName: __typename`.
   */
  document: DocumentNode
  /** The same for the planner: without introspection, empty when nothing is to be fetched. */
  text: string
  /** The name that a client gave to what is called `responseName` in this document. */
  clientName: (responseName: string) => string
  /** Client's variable name to the one used in this document, where they differ. */
  renamedVariables: Readonly<Record<string, string>>
}>

/** `__schema` and `__type`: the gateway answers them, whatever object of the query type they stand on. */
const isIntrospection = (node: SelectionNode): boolean =>
  node.kind === Kind.FIELD && (node.name.value === '__schema' || node.name.value === '__type')

const fieldsIn = (document: DocumentNode, definition: OperationDefinitionNode): readonly FieldNode[] => {
  const fields: FieldNode[] = []
  visitSelections(document, definition, node => {
    if (node.kind === Kind.FIELD) fields.push(node)
  })
  return fields
}

/** Puts an operation together, with definitions of the variables that are left in it. */
const assemble = (
  { definition, fragments }: OperationParts,
  variableDefinitions: readonly VariableDefinitionNode[],
): DocumentNode => {
  const loose: DocumentNode = { kind: Kind.DOCUMENT, definitions: [definition, ...fragments] }
  const used = variablesIn(fieldsIn(loose, definition))
  const operation = Object.freeze({
    ...definition,
    variableDefinitions: Object.freeze(
      variableDefinitions.filter(({ variable }) => used.has(variable.name.value)),
    ),
  })
  return Object.freeze({ kind: Kind.DOCUMENT, definitions: Object.freeze([operation, ...fragments]) })
}

const definitionsOfVariables = (
  { variableDefinitions = [] }: OperationDefinitionNode,
  renamed: Readonly<Record<string, string>>,
): readonly VariableDefinitionNode[] =>
  variableDefinitions.map(node => {
    const { name } = node.variable
    const value = renamed[name.value] ?? name.value
    return Object.freeze({
      ...node,
      directives: [],
      variable: { ...node.variable, name: { ...name, value } },
    })
  })

/** Does the root select anything but `__typename`, which needs no fetch? */
const selectsData = ({ definition, fragments }: OperationParts): boolean => {
  const sets = new Map(fragments.map(({ name, selectionSet }) => [name.value, selectionSet]))
  const selects = ({ selections }: SelectionSetNode): boolean =>
    selections.some(node => {
      if (node.kind === Kind.FIELD) return node.name.value !== '__typename'
      if (node.kind === Kind.INLINE_FRAGMENT) return selects(node.selectionSet)
      const set = sets.get(node.name.value)
      sets.delete(node.name.value)
      return set !== undefined && selects(set)
    })
  return selects(definition.selectionSet)
}

const withoutIntrospection = (
  { definition, fragments }: OperationParts,
  rules: Partial<SelectionRules>,
): OperationParts =>
  rewriteSelections(definition, new Map(fragments.map(node => [node.name.value, node])), {
    isKept: node => !isIntrospection(node),
    field: node => node,
    mayEndEmpty: () => false,
    ...rules,
  })

/**
 * Makes an operation ready for the planner: conditions are decided, names that the planner might use itself are taken
 * out of its way, and what the gateway answers by itself is left out. Linear in the size of the document.
 * @param document    valid against the API schema, within the limits
 * @param definition  the operation of it that is executed
 * @param variables   as the client sent them, coercible; only those of `conditionVariables` are looked at
 * @param rules       what to do otherwise: see deferred-fragments.ts
 * @throws BAD_USER_INPUT when a condition is null
 */
export const planningDocument = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  supergraph: Pick<Supergraph, 'apiSchema' | 'plannerNames' | 'requiredWithArguments'>,
  { mayEndEmpty = () => false, ...rules }: Partial<SelectionRules> = {},
): PlanningDocument => {
  const { rename, clientName } = responseNames(
    fieldsIn(document, definition),
    supergraph,
    siblingConflicts(document, definition),
  )
  const renamed = renamedVariables(definition)
  const renameVariables = variableRenamer(renamed)
  const isAbstract = abstractFields(document, supergraph.apiSchema)
  const whole = rewriteSelections(definition, fragmentsOf(document), {
    isKept: conditionsHold(definition, variables),
    field: node => renameVariables(rename(node)),
    mayEndEmpty: node => isAbstract(node) || mayEndEmpty(node),
    ...rules,
  })
  const variableDefinitions = definitionsOfVariables(definition, renamed)
  const planned = withoutIntrospection(withMutationOrder(whole, supergraph.apiSchema), rules)
  return Object.freeze({
    document: assemble(whole, variableDefinitions),
    text: selectsData(planned) ? print(assemble(planned, variableDefinitions)) : '',
    clientName,
    renamedVariables: renamed,
  })
}
