import {
  buildASTSchema,
  Kind,
  parse,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  type NamedTypeNode,
  type SchemaDefinitionNode,
  type SchemaExtensionNode,
} from 'graphql'
import type { Annotated } from './directive-arguments.ts'
import { elementName, isOfFeature, type LinkedFeature } from './linked-features.ts'
import { typesOf, type SdlType } from './sdl-types.ts'
import { supergraphInvalid } from './supergraph-invalid.ts'

/** Directives whose meaning is part of a schema in memory; all others say nothing to clients. */
const shownDirectives: ReadonlySet<string> = new Set(['deprecated', 'specifiedBy', 'oneOf'])

/** The planner has none of its own for them: a custom one would be taken for the real one. */
const incremental: ReadonlySet<string> = new Set(['defer', 'stream'])

const deferDefinitions: readonly DefinitionNode[] = parse(
  '"Lets the answer begin without this fragment, which follows as soon as it is there." directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT',
  { noLocation: true },
).definitions

const shownDirectivesOf = (node: Annotated): readonly ConstDirectiveNode[] =>
  node.directives?.filter(({ name }) => shownDirectives.has(name.value)) ?? []

/** Leaves out of SDL nodes what clients must not see. */
class ApiFilter {
  readonly #inaccessible: string | undefined
  readonly #hiddenTypes: ReadonlySet<string>

  constructor(document: DocumentNode, features: readonly LinkedFeature[]) {
    this.#inaccessible = elementName(features, 'https://specs.apollo.dev/inaccessible', '@inaccessible')
    const { type: isOfSpecification } = isOfFeature(features)
    this.#hiddenTypes = new Set(
      typesOf(document)
        .filter(type => this.#isHidden(type) || isOfSpecification(type.name.value))
        .map(type => type.name.value),
    )
  }

  get hiddenTypes(): ReadonlySet<string> {
    return this.#hiddenTypes
  }

  #isHidden({ directives }: Annotated): boolean {
    return directives?.some(({ name }) => name.value === this.#inaccessible) === true
  }

  #shown<Node extends Annotated>(nodes: readonly Node[] | undefined): readonly Node[] {
    return nodes?.filter(node => !this.#isHidden(node)) ?? []
  }

  /** For arguments, input fields and enum values. */
  #bare<Node extends Annotated>(nodes: readonly Node[] | undefined): readonly Node[] {
    return this.#shown(nodes).map(node => ({ ...node, directives: shownDirectivesOf(node) }))
  }

  #names(nodes: readonly NamedTypeNode[] | undefined): readonly NamedTypeNode[] {
    return nodes?.filter(({ name }) => !this.#hiddenTypes.has(name.value)) ?? []
  }

  #fields(nodes: readonly FieldDefinitionNode[] | undefined): readonly FieldDefinitionNode[] {
    return this.#shown(nodes).map(node => ({
      ...node,
      arguments: this.arguments(node.arguments),
      directives: shownDirectivesOf(node),
    }))
  }

  arguments(nodes: readonly InputValueDefinitionNode[] | undefined): readonly InputValueDefinitionNode[] {
    return this.#bare(nodes)
  }

  type(node: SdlType): SdlType {
    const directives = shownDirectivesOf(node)
    switch (node.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.OBJECT_TYPE_EXTENSION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_EXTENSION:
        return {
          ...node,
          directives,
          interfaces: this.#names(node.interfaces),
          fields: this.#fields(node.fields),
        }
      case Kind.UNION_TYPE_DEFINITION:
      case Kind.UNION_TYPE_EXTENSION:
        return { ...node, directives, types: this.#names(node.types) }
      case Kind.ENUM_TYPE_DEFINITION:
      case Kind.ENUM_TYPE_EXTENSION:
        return { ...node, directives, values: this.#bare(node.values) }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_EXTENSION:
        return { ...node, directives, fields: this.#bare(node.fields) }
      case Kind.SCALAR_TYPE_DEFINITION:
      case Kind.SCALAR_TYPE_EXTENSION:
        break
    }
    return { ...node, directives }
  }

  schema(node: SchemaDefinitionNode | SchemaExtensionNode): SchemaDefinitionNode | SchemaExtensionNode {
    const shown = node.operationTypes?.filter(({ type }) => !this.#hiddenTypes.has(type.name.value)) ?? []
    return { ...node, directives: [], operationTypes: shown }
  }
}

const apiDefinitions = (
  document: DocumentNode,
  filter: ApiFilter,
  isShown: (directive: DirectiveDefinitionNode) => boolean,
): readonly DefinitionNode[] => {
  const definitions: DefinitionNode[] = []
  for (const node of document.definitions) {
    if (node.kind === Kind.DIRECTIVE_DEFINITION) {
      if (isShown(node)) definitions.push({ ...node, arguments: filter.arguments(node.arguments) })
    } else if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION) {
      definitions.push(filter.schema(node))
    }
  }
  const shown = typesOf(document).filter(type => !filter.hiddenTypes.has(type.name.value))
  return [...definitions, ...shown.map(type => filter.type(type))]
}

const reasonOf = (error: unknown, hiddenTypes: ReadonlySet<string>): string => {
  const { message } = error as Error
  const [, name] = /^Unknown type: "(.*)"\.$/.exec(message) ?? []
  if (name === undefined) return message
  return hiddenTypes.has(name)
    ? `something that clients may see refers to the type "${name}", which they may not: mark that @inaccessible, too`
    : `it refers to a type "${name}" that it does not have`
}

/**
 * What clients see of a supergraph: without the elements of linked specifications and without what is marked
 * `@inaccessible`.
 * @param hasDefer  clients may use `@defer`
 * @throws SUPERGRAPH_INVALID when what is left does not hold together
 */
export const apiSchema = (
  document: DocumentNode,
  features: readonly LinkedFeature[],
  hasDefer = false,
): GraphQLSchema => {
  const filter = new ApiFilter(document, features)
  const { directive: isOfSpecification } = isOfFeature(features)
  const definitions = apiDefinitions(
    document,
    filter,
    ({ name }) => !isOfSpecification(name.value) && !incremental.has(name.value),
  )
  const all = hasDefer ? [...definitions, ...deferDefinitions] : definitions
  let schema: GraphQLSchema
  try {
    schema = buildASTSchema({ kind: Kind.DOCUMENT, definitions: all }, { assumeValid: true })
  } catch (error) {
    throw supergraphInvalid(reasonOf(error, filter.hiddenTypes), error)
  }
  if (!schema.getQueryType()) throw supergraphInvalid('clients see no type for queries. Give one a field.')
  return schema
}
