import {
  getNamedType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

/** A field of a client's document that something is selected below, with the types of what it is of and of its values. */
export type ClientField = Readonly<{ node: FieldNode; of: string; type: string }>

/** By path of response names, joined by blanks: the fields there, of whatever type. */
export type ClientFields = ReadonlyMap<string, readonly ClientField[]>

export const responseName = ({ alias, name }: FieldNode): string => (alias ?? name).value

export const operationIn = (document: DocumentNode): OperationDefinitionNode =>
  document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode

export const fragmentsIn = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap(node =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )

type Types = ReadonlyMap<FieldNode, Omit<ClientField, 'node'>>

const typesIn = (document: DocumentNode, schema: GraphQLSchema): Types => {
  const types = new Map<FieldNode, Omit<ClientField, 'node'>>()
  const info = new TypeInfo(schema)
  const enter = (node: FieldNode): void => {
    const type = getNamedType(info.getType())
    const of = info.getParentType()
    if (type !== undefined && of) types.set(node, { of: of.name, type: type.name })
  }
  visit(document, visitWithTypeInfo(info, { Field: enter }))
  return types
}

export const clientFields = (document: DocumentNode, schema: GraphQLSchema): ClientFields => {
  const fragments = fragmentsIn(document)
  const types = typesIn(document, schema)
  const fields = new Map<string, ClientField[]>()
  const read = (set: SelectionSetNode, path: readonly string[]): void => {
    for (const node of set.selections) {
      if (node.kind === Kind.INLINE_FRAGMENT) read(node.selectionSet, path)
      else if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value)
        if (fragment !== undefined) read(fragment.selectionSet, path)
      } else if (node.selectionSet !== undefined) {
        const here = [...path, responseName(node)]
        const key = here.join(' ')
        const found = types.get(node)
        if (found !== undefined) fields.set(key, [...(fields.get(key) ?? []), { node, ...found }])
        read(node.selectionSet, here)
      }
    }
  }
  read(operationIn(document).selectionSet, [])
  return fields
}
