import {
  executeSync,
  Kind,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
} from 'graphql'
import { fieldAt, type Position } from '../compile/position.ts'
import { jsonText } from '../json-text.ts'
import type { ResponseNode } from '../run/response-node.ts'
import { collectFields } from '../../documents/collect-fields.ts'
import type { ProjectionParts } from './projection-parts.ts'

/** Puts what a client asks of the schema itself into the root node. */
export type Introspect = (root: ResponseNode, variables: Readonly<Record<string, unknown>>) => void

/** Fields that the gateway answers by itself. */
export const isIntrospection = (name: string): boolean => name === '__schema' || name === '__type'

const fragmentsOf = ({ document }: ProjectionParts): readonly FragmentDefinitionNode[] =>
  document.definitions.filter(node => node.kind === Kind.FRAGMENT_DEFINITION)

/** Answers `__schema` and `__type` fields as root fields of the operation that they are in. */
const answer = (
  schema: GraphQLSchema,
  parts: ProjectionParts,
  selections: readonly FieldNode[],
  variableValues: Readonly<Record<string, unknown>>,
): ExecutionResult => {
  const { operation } = parts
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const
  const definition = { ...operation, operation: 'query', selectionSet } as typeof operation
  const document = { kind: Kind.DOCUMENT, definitions: [definition, ...fragmentsOf(parts)] } as const
  return executeSync({ schema, document, variableValues })
}

/** An introspection field of a query type that is not the root: by `query: Query!` of a payload, for instance. */
export const nestedIntrospection = (
  parts: ProjectionParts,
  name: string,
  nodes: readonly FieldNode[],
): string => {
  const withoutVariables = { ...parts, operation: { ...parts.operation, variableDefinitions: [] } }
  return jsonText(answer(parts.schema, withoutVariables, nodes, {}).data?.[name] ?? null)
}

/**
 * Compiles the `__schema` and `__type` fields at the root of an operation; no subgraph is asked for them.
 * @returns undefined when there are none
 */
export const compileIntrospection = (parts: ProjectionParts, root: Position): Introspect | undefined => {
  const { schema, operation } = parts
  const type = schema.getRootType(operation.operation)
  if (type === undefined || type === null) return undefined
  const fragments = new Map(fragmentsOf(parts).map(node => [node.name.value, node]))
  const { fields } = collectFields(schema, fragments, type, [operation.selectionSet])
  const asked = [...fields].filter(([, nodes]) => isIntrospection(nodes[0]?.name.value ?? ''))
  if (asked.length === 0) return undefined
  const slots = asked.map(([name]) => [name, fieldAt(root, name).slot] as const)
  const selections = asked.flatMap(([, nodes]) => nodes)
  const hasVariables = (operation.variableDefinitions ?? []).length > 0
  let known: ExecutionResult | undefined
  return (node, variables) => {
    const result = known ?? answer(schema, parts, selections, variables)
    if (!hasVariables) known = result
    for (const [name, slot] of slots) node.values[slot] = result.data?.[name] ?? null
  }
}
