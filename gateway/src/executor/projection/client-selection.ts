import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { collectFields } from '../../documents/collect-fields.ts'
import type { ProjectionParts } from './projection-parts.ts'

/**
 * What the client does with a field of a value: selects it; selects it for values of other types only; does not know of
 * it.
 */
export type ClientField =
  | Readonly<{ kind: 'selected'; below: ClientSelection | undefined }>
  | Readonly<{ kind: 'excluded' }>
  | Readonly<{ kind: 'absent' }>

const excluded: ClientField = Object.freeze({ kind: 'excluded' })
const absent: ClientField = Object.freeze({ kind: 'absent' })

type Source = Readonly<{
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
}>

const setsOf = (nodes: readonly FieldNode[]): readonly SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))

/** What a client selects of the values at one position. For errors: nothing is made before one looks. */
export class ClientSelection {
  readonly #source: Source
  readonly #type: GraphQLCompositeType
  readonly #sets: readonly SelectionSetNode[]
  /** What is selected of the same field where values above are of other types. */
  readonly #others: readonly SelectionSetNode[]
  /** By type and name. */
  readonly #fields = new Map<string, ClientField>()

  constructor(
    source: Source,
    type: GraphQLCompositeType,
    sets: readonly SelectionSetNode[],
    others: readonly SelectionSetNode[] = [],
  ) {
    this.#source = source
    this.#type = type
    this.#sets = sets
    this.#others = others
  }

  /**
   * @param typename  of the value; undefined: unknown
   * @param name      a response name of the planning document
   */
  field(typename: string | undefined, name: string): ClientField {
    const key = `${typename ?? ''} ${name}`
    const known = this.#fields.get(key)
    if (known !== undefined) return known
    const field = this.#find(typename, name)
    this.#fields.set(key, field)
    return field
  }

  #find(typename: string | undefined, name: string): ClientField {
    const { schema, fragments } = this.#source
    const named = typename === undefined ? undefined : schema.getType(typename)
    const type = isCompositeType(named) ? named : this.#type
    const nodes = collectFields(schema, fragments, type, this.#sets).fields.get(name)
    const all = this.#named(name)
    if (nodes !== undefined) return this.#selected(type, nodes, all)
    if (all.length === 0) return absent
    // Of a value whose type is not known, a fragment may speak.
    const members = isAbstractType(type) ? schema.getPossibleTypes(type) : []
    for (const member of members) {
      const field = this.field(member.name, name)
      if (field.kind === 'selected') return field
    }
    return excluded
  }

  #selected(type: GraphQLCompositeType, nodes: readonly FieldNode[], all: readonly FieldNode[]): ClientField {
    const definition =
      isObjectType(type) || isInterfaceType(type) ? type.getFields()[nodes[0]?.name.value ?? ''] : undefined
    const below = definition === undefined ? undefined : getNamedType(definition.type)
    return Object.freeze({
      kind: 'selected',
      below: isCompositeType(below)
        ? new ClientSelection(this.#source, below, setsOf(nodes), setsOf(all))
        : undefined,
    })
  }

  /** The fields of one response name that are selected here, for whatever type. */
  #named(name: string): readonly FieldNode[] {
    const named: FieldNode[] = []
    const visited = new Set<string>()
    const visit = (set: SelectionSetNode | undefined): void => {
      for (const node of set?.selections ?? []) {
        if (node.kind === Kind.FIELD) {
          if ((node.alias?.value ?? node.name.value) === name) named.push(node)
        } else if (node.kind === Kind.INLINE_FRAGMENT) visit(node.selectionSet)
        else if (!visited.has(node.name.value)) {
          visited.add(node.name.value)
          visit(this.#source.fragments.get(node.name.value)?.selectionSet)
        }
      }
    }
    for (const set of [...this.#sets, ...this.#others]) visit(set)
    return named
  }
}

/** What the client selects at the root, made when it is first asked for. */
export const clientSelection = ({
  schema,
  document,
  operation,
}: Pick<ProjectionParts, 'schema' | 'document' | 'operation'>): (() => ClientSelection | undefined) => {
  let root: ClientSelection | undefined
  return () => {
    const type = schema.getRootType(operation.operation)
    if (type === undefined || type === null) return undefined
    const fragments = new Map(
      document.definitions.flatMap(node =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
      ),
    )
    return (root ??= new ClientSelection({ schema, fragments }, type, [operation.selectionSet]))
  }
}
