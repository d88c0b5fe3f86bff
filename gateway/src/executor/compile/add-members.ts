import {
  isLeafType,
  isObjectType,
  Kind,
  parse,
  print,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { collectFields } from '../../documents/collect-fields.ts'
import {
  clientFields,
  fragmentsIn,
  operationIn,
  responseName,
  type ClientField,
  type ClientFields,
} from './client-fields.ts'
import type { DeferNode, FetchNode, PlanNode } from '../../planner/query-plan.ts'
import { mapParts } from './plan-parts.ts'
import type { SubgraphField } from '../../supergraph/subgraph-fields.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'

type Known = Pick<Supergraph, 'apiSchema' | 'isSubtype' | 'fieldIn' | 'unevenMembers'>

type Path = readonly (string | number)[]

const keyOf = (path: Path): string => path.filter(step => step !== '@').join(' ')

const noFragments: ReadonlyMap<string, FragmentDefinitionNode> = new Map()

const setsBelow = (nodes: readonly FieldNode[]): readonly SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))

/** Can a subgraph say what it is, without anything from others? */
const isItsOwn = ({ isExternal, isAbsent, isOverridden, takesContext, requires }: SubgraphField): boolean =>
  !isExternal && !isAbsent && !isOverridden && !takesContext && requires === undefined

/** The planner has aliases of its own where types of fields differ; rewrites of the plan undo them. */
const plannedName = (name: string): string => name.replace(/__alias_\d+$/, '')

/** Replaces the fields of a selection set, those in fragments too. @param type  what they are of, if it is known */
const visitFields = (
  set: SelectionSetNode,
  type: string | undefined,
  replace: (field: FieldNode, type: string | undefined) => FieldNode,
): SelectionSetNode => ({
  ...set,
  selections: set.selections.map(node => {
    if (node.kind === Kind.FIELD) return replace(node, type)
    if (node.kind !== Kind.INLINE_FRAGMENT) return node
    const { selectionSet, typeCondition } = node
    return { ...node, selectionSet: visitFields(selectionSet, typeCondition?.name.value ?? type, replace) }
  }),
})

/**
 * The fields at one place of an operation, by response name. GraphQL, "Field Selection Merging": they must have one
 * shape, also of different types.
 */
class Shapes {
  readonly #subgraph: string
  readonly #fieldIn: Known['fieldIn']
  readonly #written = new Map<string, string | undefined>()

  constructor(subgraph: string, { fieldIn }: Known) {
    this.#subgraph = subgraph
    this.#fieldIn = fieldIn
  }

  /** The type of a leaf; undefined for what would have to be looked at deeper. */
  #shapeOf(field: FieldNode, type: string | undefined): string | undefined {
    if (type === undefined || field.selectionSet !== undefined) return undefined
    return this.#fieldIn(this.#subgraph, type, field.name.value)?.written
  }

  read(set: SelectionSetNode, type: string | undefined): void {
    visitFields(set, type, (field, of) => {
      this.#written.set(responseName(field), this.#shapeOf(field, of))
      return field
    })
  }

  /** May it stand there, too? What may is noted. */
  admits(field: FieldNode, type: string): boolean {
    const name = responseName(field)
    const shape = this.#shapeOf(field, type)
    if (this.#written.has(name)) return shape !== undefined && this.#written.get(name) === shape
    this.#written.set(name, shape)
    return true
  }
}

/** What a fetch selects at its target: an entity fetch has one field around that. */
const targetSet = ({ requires }: FetchNode, { selectionSet }: OperationDefinitionNode): SelectionSetNode => {
  const [only] = selectionSet.selections
  return requires !== undefined && only?.kind === Kind.FIELD
    ? (only.selectionSet ?? selectionSet)
    : selectionSet
}

/** Completes the fetches of one plan. */
class Completion {
  readonly #known: Known
  readonly #operation: OperationDefinitionNode
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #client: ClientFields
  /** By path of response names: what fetches select there. */
  readonly #fetched = new Map<string, SelectionSetNode[]>()

  constructor(document: DocumentNode, known: Known) {
    this.#known = known
    this.#operation = operationIn(document)
    this.#fragments = fragmentsIn(document)
    this.#client = clientFields(document, known.apiSchema)
  }

  /** To be called for each fetch before any is completed. */
  note(fetch: FetchNode, path: Path): void {
    const walk = (set: SelectionSetNode, at: Path): void => {
      this.#fetched.set(keyOf(at), [...(this.#fetched.get(keyOf(at)) ?? []), set])
      visitFields(set, undefined, field => {
        if (field.selectionSet !== undefined) walk(field.selectionSet, [...at, responseName(field)])
        return field
      })
    }
    walk(targetSet(fetch, operationIn(parse(fetch.operation, { noLocation: true }))), path)
  }

  complete(fetch: FetchNode, path: Path): FetchNode {
    const members = this.#known.unevenMembers.get(fetch.serviceName)
    if (members === undefined) return fetch
    const added: InlineFragmentNode[] = []
    const walk = (set: SelectionSetNode, at: Path, type: string | undefined): SelectionSetNode =>
      visitFields(set, type, (field, of) => {
        if (field.selectionSet === undefined) return field
        const here = [...at, responseName(field)]
        const asked = this.#askedAt(here, fetch.serviceName, field, of)
        const below = walk(field.selectionSet, here, asked[0]?.type)
        const more = this.#missing(fetch.serviceName, asked, members, here, field.selectionSet)
        added.push(...more)
        return { ...field, selectionSet: { ...below, selections: [...below.selections, ...more] } }
      })
    const document = parse(fetch.operation, { noLocation: true })
    const operation = operationIn(document)
    const target = targetSet(fetch, operation)
    const completed = walk(target, path, undefined)
    if (added.length === 0) return fetch
    const whole = visit(operation, { SelectionSet: node => (node === target ? completed : undefined) })
    return this.#withVariables(fetch, whole, added)
  }

  /** What the client selects there of the same union or interface that the subgraph has there. */
  #askedAt(
    path: Path,
    subgraph: string,
    { name }: FieldNode,
    of: string | undefined,
  ): readonly ClientField[] {
    const { isSubtype, fieldIn } = this.#known
    return (this.#client.get(keyOf(path)) ?? []).filter(
      one =>
        (of === undefined || isSubtype(of, one.of) || isSubtype(one.of, of)) &&
        fieldIn(subgraph, of ?? one.of, name.value)?.type === one.type,
    )
  }

  #missing(
    subgraph: string,
    asked: readonly ClientField[],
    members: ReadonlyMap<string, readonly string[]>,
    path: Path,
    own: SelectionSetNode,
  ): readonly InlineFragmentNode[] {
    const { apiSchema } = this.#known
    const shapes = new Shapes(subgraph, this.#known)
    shapes.read(own, asked[0]?.type)
    return (members.get(asked[0]?.type ?? '') ?? []).flatMap(name => {
      const type = apiSchema.getType(name)
      if (!isObjectType(type)) return []
      const { fields } = collectFields(apiSchema, noFragments, type, this.#fetched.get(keyOf(path)) ?? [])
      const fetched = new Set([...fields.keys()].map(plannedName))
      const selections = this.#local(subgraph, type, setsBelow(asked.map(({ node }) => node))).filter(
        field => !fetched.has(responseName(field)) && shapes.admits(field, name),
      )
      if (selections.length === 0) return []
      const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } } as const
      const selectionSet = { kind: Kind.SELECTION_SET, selections } as const
      return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet } as const]
    })
  }

  /** Of what is selected of a type: what the subgraph itself can say, without anything from others. */
  #local(subgraph: string, type: GraphQLObjectType, sets: readonly SelectionSetNode[]): readonly FieldNode[] {
    const { apiSchema, fieldIn } = this.#known
    return [...collectFields(apiSchema, this.#fragments, type, sets).fields.values()].flatMap(nodes => {
      const [node] = nodes as [FieldNode]
      const field = fieldIn(subgraph, type.name, node.name.value)
      if (field === undefined || !isItsOwn(field)) return []
      const below = apiSchema.getType(field.type)
      if (isLeafType(below)) return [node]
      if (!isObjectType(below)) return []
      const selections = this.#local(subgraph, below, setsBelow(nodes))
      return selections.length === 0
        ? []
        : [{ ...node, selectionSet: { kind: Kind.SELECTION_SET, selections } } as const]
    })
  }

  #withVariables(
    fetch: FetchNode,
    operation: OperationDefinitionNode,
    added: readonly InlineFragmentNode[],
  ): FetchNode {
    const used = new Set(fetch.variableUsages)
    for (const fragment of added) {
      visit(fragment, {
        Variable: ({ name }) => {
          used.add(name.value)
        },
      })
    }
    const declared = operation.variableDefinitions ?? []
    const names = new Set(declared.map(({ variable }) => variable.name.value))
    const missing = (this.#operation.variableDefinitions ?? []).filter(
      ({ variable: { name } }) => used.has(name.value) && !names.has(name.value),
    )
    const variableDefinitions = [...declared, ...missing]
    return {
      ...fetch,
      variableUsages: [...used],
      operation: print({ ...operation, variableDefinitions }),
    }
  }
}

const eachFetch = (
  node: PlanNode,
  path: Path,
  replace: (fetch: FetchNode, path: Path) => FetchNode,
): PlanNode => {
  if (node.kind === 'Fetch') return replace(node, path)
  if (node.kind === 'Flatten') {
    return { ...node, node: eachFetch(node.node, [...path, ...node.path], replace) }
  }
  if (node.kind !== 'Sequence' && node.kind !== 'Parallel') return node
  return { ...node, nodes: node.nodes.map(each => eachFetch(each, path, replace)) }
}

/**
 * Adds to each fetch what the client selects of members of a union or interface that its subgraph has and others have
 * not. Where the planner could have gone to one of those others, it takes it that there are no such members at all.
 * @param document  what was planned
 */
export const addMembers = (
  node: PlanNode | DeferNode,
  document: DocumentNode,
  known: Known,
): PlanNode | DeferNode => {
  if (known.unevenMembers.size === 0) return node
  const completion = new Completion(document, known)
  mapParts(node, part =>
    eachFetch(part, [], (fetch, path) => {
      completion.note(fetch, path)
      return fetch
    }),
  )
  return mapParts(node, part => eachFetch(part, [], (fetch, path) => completion.complete(fetch, path)))
}
