import { executeSync, Kind, type ExecutionResult, type FragmentDefinitionNode } from 'graphql'
import { fieldAt, type Position } from '../compile/position.ts'
import type { ResponseNode } from '../run/response-node.ts'
import { collectFields } from './collect-fields.ts'
import { isIntrospection, type ProjectionParts } from './compile-projection.ts'

/** Puts what a client asks of the schema itself into the root node. */
export type Introspect = (root: ResponseNode, variables: Readonly<Record<string, unknown>>) => void

/**
 * Compiles the `__schema` and `__type` fields of an operation; no subgraph is asked for them.
 * @returns undefined when there are none
 */
export const compileIntrospection = (parts: ProjectionParts, root: Position): Introspect | undefined => {
  const { schema, document, operation } = parts
  const type = schema.getRootType(operation.operation)
  if (type === undefined || type === null) return undefined
  const fragments = document.definitions.filter(node => node.kind === Kind.FRAGMENT_DEFINITION)
  const byName = new Map<string, FragmentDefinitionNode>(fragments.map(node => [node.name.value, node]))
  const { fields } = collectFields(schema, byName, type, [operation.selectionSet])
  const asked = [...fields].filter(([, nodes]) => isIntrospection(nodes[0]?.name.value ?? ''))
  if (asked.length === 0) return undefined
  const slots = asked.map(([name]) => [name, fieldAt(root, name).slot] as const)
  const selections = asked.flatMap(([, nodes]) => nodes)
  const own = { ...operation, selectionSet: { ...operation.selectionSet, selections } }
  const ownDocument = { kind: Kind.DOCUMENT, definitions: [own, ...fragments] } as const
  const hasVariables = (operation.variableDefinitions ?? []).length > 0
  let known: ExecutionResult | undefined
  return (node, variables) => {
    const result = known ?? executeSync({ schema, document: ownDocument, variableValues: variables })
    if (!hasVariables) known = result
    for (const [name, slot] of slots) node.values[slot] = result.data?.[name] ?? null
  }
}
