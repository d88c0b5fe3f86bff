import {
  isAbstractType,
  Kind,
  OperationTypeNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import type { OperationParts } from './rewrite-selections.ts'

const applies = (schema: GraphQLSchema, condition: string | undefined, root: GraphQLObjectType): boolean => {
  if (condition === undefined || condition === root.name) return true
  const type = schema.getType(condition)
  return isAbstractType(type) && schema.isSubType(type, root)
}

/**
 * Writes the root fields of a mutation out in the order in which they must be executed, since the planner gathers what
 * is in fragments: those that share a response name stand together, where the first of them stood.
 * Spec: GraphQL, "CollectFields()".
 * @param parts  conditions decided; queries stay as they are
 */
export const withMutationOrder = (parts: OperationParts, schema: GraphQLSchema): OperationParts => {
  const { definition, fragments } = parts
  const root = schema.getMutationType()
  if (definition.operation !== OperationTypeNode.MUTATION || root === null || root === undefined) return parts
  if (definition.selectionSet.selections.every(({ kind }) => kind === Kind.FIELD)) return parts

  const byName = new Map(fragments.map(node => [node.name.value, node]))
  const fields = new Map<string, FieldNode[]>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        const name = node.alias?.value ?? node.name.value
        const known = fields.get(name)
        if (known === undefined) fields.set(name, [node])
        else known.push(node)
        continue
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : byName.get(node.name.value)
      // Each fragment counts once, the first time that it is met.
      if (node.kind === Kind.FRAGMENT_SPREAD) byName.delete(node.name.value)
      if (fragment === undefined || !applies(schema, fragment.typeCondition?.name.value, root)) continue
      collect(fragment.selectionSet)
    }
  }
  collect(definition.selectionSet)
  const selectionSet = { ...definition.selectionSet, selections: Object.freeze([...fields.values()].flat()) }
  return Object.freeze({
    definition: Object.freeze({ ...definition, selectionSet: Object.freeze(selectionSet) }),
    fragments,
  })
}
