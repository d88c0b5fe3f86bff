import {
  getNamedType,
  isCompositeType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { deferLabel } from '../../planner/deferred-fragments.ts'
import { isIntrospection } from '../projection/introspection.ts'

/** A field on the way to a deferred fragment, and the type conditions that it stands under. */
export type Step = Readonly<{
  conditions: readonly string[]
  /** Its response name, and what it is called in the schema. */
  name: string
  field: string
}>

/** A deferred fragment at one place of an operation, list indexes aside. */
export type DeferredPart = Readonly<{
  /** Its label in the plan. */
  label: string
  /** The part that it is in, by number; undefined for the first answer. */
  parent: number | undefined
  /** From the root to the objects that it is on, and the conditions that hold for those. */
  steps: readonly Step[]
  conditions: readonly string[]
  /** What is selected of them, in fragments by its conditions, without what is deferred further. */
  selectionSet: SelectionSetNode
}>

export type SplitOperation = Readonly<{
  /** What is answered first. */
  document: DocumentNode
  operation: OperationDefinitionNode
  /** Those that a part is in come before it. */
  parts: readonly DeferredPart[]
}>

type Place = Readonly<{
  parent: number | undefined
  steps: readonly Step[]
  conditions: readonly string[]
  type: GraphQLCompositeType
}>

const inConditions = (conditions: readonly string[], set: SelectionSetNode): SelectionSetNode =>
  conditions.reduceRight<SelectionSetNode>(
    (selectionSet, condition) => ({
      kind: Kind.SELECTION_SET,
      selections: [
        {
          kind: Kind.INLINE_FRAGMENT,
          typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: condition } },
          selectionSet,
        },
      ],
    }),
    set,
  )

class Splitter {
  readonly #schema: GraphQLSchema
  readonly parts: DeferredPart[] = []

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /** What is left of a selection set; deferred fragments become parts. */
  set(set: SelectionSetNode, place: Place): SelectionSetNode {
    const selections = set.selections.flatMap(node => this.#selection(node, place) ?? [])
    return Object.freeze({ ...set, selections: Object.freeze(selections) })
  }

  #selection(node: SelectionNode, place: Place): SelectionNode | undefined {
    if (node.kind === Kind.FIELD) return this.#field(node, place)
    // Deferred fragments are inline, and so are those that have such in them.
    if (node.kind === Kind.FRAGMENT_SPREAD) return node
    const condition = node.typeCondition?.name.value
    const conditions = condition === undefined ? place.conditions : [...place.conditions, condition]
    const label = deferLabel(node)
    if (label !== undefined) {
      this.#part(label, node, { ...place, conditions })
      return undefined
    }
    const selectionSet = this.set(node.selectionSet, { ...place, conditions })
    return selectionSet.selections.length === 0 ? undefined : Object.freeze({ ...node, selectionSet })
  }

  #part(label: string, { selectionSet }: InlineFragmentNode, place: Place): void {
    const number = this.parts.length
    const { parent, steps, conditions } = place
    const part = { label, parent, steps, conditions, selectionSet }
    this.parts.push(part)
    const left = this.set(selectionSet, { ...place, parent: number })
    this.parts[number] = Object.freeze({ ...part, selectionSet: inConditions(place.conditions, left) })
  }

  #field(node: FieldNode, { parent, steps, conditions, type }: Place): FieldNode {
    if (node.selectionSet === undefined || isIntrospection(node.name.value)) return node
    const holder = this.#schema.getType(conditions.at(-1) ?? type.name)
    const definition = holder !== undefined && 'getFields' in holder && holder.getFields()[node.name.value]
    const below = definition ? getNamedType(definition.type) : undefined
    if (!isCompositeType(below)) return node
    const field = node.name.value
    const step = Object.freeze({ conditions, name: node.alias?.value ?? field, field })
    const place = { parent, steps: [...steps, step], conditions: [], type: below }
    return Object.freeze({ ...node, selectionSet: this.set(node.selectionSet, place) })
  }
}

/**
 * Takes the deferred fragments out of an operation.
 * @param document  as `deferredDocument` makes it
 * @param type      of its root
 */
export const splitDeferred = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  type: GraphQLCompositeType,
): SplitOperation => {
  const splitter = new Splitter(schema)
  const selectionSet = splitter.set(operation.selectionSet, {
    parent: undefined,
    steps: [],
    conditions: [],
    type,
  })
  const first = Object.freeze({ ...operation, selectionSet })
  const definitions = document.definitions.map(node => (node === operation ? first : node))
  return Object.freeze({
    document: Object.freeze({ ...document, definitions: Object.freeze(definitions) }),
    operation: first,
    parts: Object.freeze(splitter.parts),
  })
}
