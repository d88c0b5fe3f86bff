import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type SelectionSetNode,
} from 'graphql'
import type { FetchTemplate } from '../../fleet/fetch.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'

type Scopes = Pick<Supergraph, 'apiSchema' | 'publicCoordinates' | 'privateCoordinates'>

/**
 * Is the answer the same for every caller? It is when each root field, or each type of entity, is declared
 * `@cacheControl(scope: PUBLIC)`, by itself or by its type, and nothing below is declared PRIVATE. What the API schema
 * does not have cannot be judged, so it is not public.
 */
export const isPublic = (document: DocumentNode, form: FetchTemplate['form'], scopes: Scopes): boolean => {
  const { apiSchema, publicCoordinates, privateCoordinates } = scopes
  if (publicCoordinates.size === 0) return false
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  }

  const inType = (
    set: SelectionSetNode,
    type: GraphQLNamedType | undefined,
    mustBeDeclared: boolean,
  ): boolean =>
    type !== undefined &&
    !privateCoordinates.has(type.name) &&
    set.selections.every(node => {
      if (node.kind === Kind.INLINE_FRAGMENT) {
        const condition = node.typeCondition?.name.value ?? type.name
        return inType(node.selectionSet, apiSchema.getType(condition), mustBeDeclared)
      }
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value)
        const condition = apiSchema.getType(fragment?.typeCondition.name.value ?? '')
        return fragment !== undefined && inType(fragment.selectionSet, condition, mustBeDeclared)
      }
      if (node.name.value === '__typename') return true
      const coordinate = `${type.name}.${node.name.value}`
      const field = 'getFields' in type ? type.getFields()[node.name.value] : undefined
      if (field === undefined || privateCoordinates.has(coordinate) || !('type' in field)) return false
      const fieldType = getNamedType(field.type)
      const isDeclared = publicCoordinates.has(coordinate) || publicCoordinates.has(fieldType.name)
      if (mustBeDeclared && !isDeclared) return false
      if (!isCompositeType(fieldType)) return true
      if (isAbstractType(fieldType)) {
        const hidesPrivate = apiSchema
          .getPossibleTypes(fieldType)
          .some(possible => privateCoordinates.has(possible.name))
        if (hidesPrivate) return false
      }
      return node.selectionSet !== undefined && inType(node.selectionSet, fieldType, false)
    })

  return document.definitions.every(definition => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return true
    if (form !== 'entities')
      return inType(definition.selectionSet, apiSchema.getQueryType() ?? undefined, true)
    return definition.selectionSet.selections.every(
      entities =>
        entities.kind === Kind.FIELD &&
        entities.selectionSet?.selections.every(
          node =>
            node.kind === Kind.INLINE_FRAGMENT &&
            publicCoordinates.has(node.typeCondition?.name.value ?? '') &&
            inType(node.selectionSet, apiSchema.getType(node.typeCondition?.name.value ?? ''), false),
        ),
    )
  })
}
