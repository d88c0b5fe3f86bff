import { Kind, OperationTypeNode, type GraphQLSchema } from 'graphql'
import { collectFields } from '../documents/collect-fields.ts'
import type { OperationParts } from './rewrite-selections.ts'

/**
 * Writes the root fields of a mutation out in the order in which they must be executed, since the planner gathers what
 * is in fragments: those that share a response name stand together, where the first of them stood.
 * Spec: GraphQL, "CollectFields()".
 * @param parts  conditions decided; queries stay as they are
 */
export const withMutationOrder = (parts: OperationParts, schema: GraphQLSchema): OperationParts => {
  const { definition, fragments } = parts
  const { operation, selectionSet } = definition
  const root = schema.getMutationType()
  if (operation !== OperationTypeNode.MUTATION || root === null || root === undefined) return parts
  if (selectionSet.selections.every(({ kind }) => kind === Kind.FIELD)) return parts

  const byName = new Map(fragments.map(node => [node.name.value, node]))
  const { fields } = collectFields(schema, byName, root, [selectionSet])
  const selections = Object.freeze([...fields.values()].flat())
  return Object.freeze({
    definition: Object.freeze({
      ...definition,
      selectionSet: Object.freeze({ ...selectionSet, selections }),
    }),
    fragments,
  })
}
