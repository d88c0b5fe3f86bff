import {
  isAbstractType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'

/** Does a fragment on `condition` apply to every value of `type`? */
const applies = (schema: GraphQLSchema, condition: string, type: GraphQLCompositeType): boolean => {
  if (condition === type.name) return true
  const conditionType = schema.getType(condition)
  if (!isAbstractType(conditionType) || !('getInterfaces' in type)) return false
  return schema.isSubType(conditionType, type)
}

export type CollectedFields = Readonly<{
  /** By response name, in the order of the answer. GraphQL, "CollectFields()". */
  fields: ReadonlyMap<string, readonly FieldNode[]>
  /** A fragment was left out that would apply to some values of an abstract type. */
  isTypeDependent: boolean
}>

/**
 * The fields that are selected of a value.
 * @param type  of the value; an abstract one where the subgraphs know of no other
 */
export const collectFields = (
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  type: GraphQLCompositeType,
  sets: readonly SelectionSetNode[],
): CollectedFields => {
  const fields = new Map<string, FieldNode[]>()
  const visited = new Set<string>()
  let isTypeDependent = false
  const visitFragment = (condition: string | undefined, set: SelectionSetNode): void => {
    if (condition === undefined || applies(schema, condition, type)) visit(set)
    else if (isAbstractType(type)) isTypeDependent = true
  }
  const visit = (set: SelectionSetNode): void => {
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const name = node.alias?.value ?? node.name.value
        const known = fields.get(name)
        if (known === undefined) fields.set(name, [node])
        else known.push(node)
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        visitFragment(node.typeCondition?.name.value, node.selectionSet)
      } else if (!visited.has(node.name.value)) {
        visited.add(node.name.value)
        const fragment = fragments.get(node.name.value)
        if (fragment !== undefined) visitFragment(fragment.typeCondition.name.value, fragment.selectionSet)
      }
    }
  }
  for (const set of sets) visit(set)
  return { fields, isTypeDependent }
}
