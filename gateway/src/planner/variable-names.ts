import {
  Kind,
  type ArgumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql'

/** Variables that the planner adds to its fetches begin so. */
const madeByPlanner = /^(representations|contextualArgument)/

/**
 * Names for the client's variables that the planner's own cannot clash with.
 * @returns client's name to the new one, where they differ. Without a prototype: any name may be looked up in it
 */
export const renamedVariables = ({
  variableDefinitions = [],
}: OperationDefinitionNode): Readonly<Record<string, string>> => {
  const names = new Set(variableDefinitions.map(({ variable }) => variable.name.value))
  const renamed = Object.create(null) as Record<string, string>
  for (const name of names) {
    if (!madeByPlanner.test(name)) continue
    let free = `client__${name}`
    for (let number = 2; names.has(free); number += 1) free = `client${number}__${name}`
    renamed[name] = free
  }
  return Object.freeze(renamed)
}

const renameIn = (value: ValueNode, names: Readonly<Record<string, string>>): ValueNode => {
  if (value.kind === Kind.VARIABLE) {
    const name = names[value.name.value]
    return name === undefined ? value : { ...value, name: { ...value.name, value: name } }
  }
  if (value.kind === Kind.LIST) return { ...value, values: value.values.map(each => renameIn(each, names)) }
  if (value.kind !== Kind.OBJECT) return value
  return { ...value, fields: value.fields.map(field => ({ ...field, value: renameIn(field.value, names) })) }
}

const renameInArguments = (
  nodes: readonly ArgumentNode[],
  names: Readonly<Record<string, string>>,
): readonly ArgumentNode[] => nodes.map(node => ({ ...node, value: renameIn(node.value, names) }))

/** @returns a function that renames the variables in the arguments of a field */
export const variableRenamer = (names: Readonly<Record<string, string>>): ((node: FieldNode) => FieldNode) =>
  Object.keys(names).length === 0
    ? node => node
    : node =>
        node.arguments === undefined ? node : { ...node, arguments: renameInArguments(node.arguments, names) }

const addVariables = (value: ValueNode, names: Set<string>): void => {
  if (value.kind === Kind.VARIABLE) names.add(value.name.value)
  else if (value.kind === Kind.LIST) for (const each of value.values) addVariables(each, names)
  else if (value.kind === Kind.OBJECT) for (const field of value.fields) addVariables(field.value, names)
}

/** The names of the variables in the arguments of fields. */
export const variablesIn = (fields: readonly FieldNode[]): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const field of fields) for (const { value } of field.arguments ?? []) addVariables(value, names)
  return names
}
