import {
  Kind,
  OperationTypeNode,
  parse,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql'
import type { Row } from './rows.ts'
import type { Args, Data } from './shop.ts'

// A subgraph must cost little, or it is what is measured. A text is compiled once into functions that write JSON; there
// is no validation and no type system: a row knows its concrete type, and the schemas have no interfaces.

type Variables = Readonly<Record<string, unknown>>
type Write = (row: Row, variables: Variables) => string

type Compiling = Readonly<{
  data: Data
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Values of the variables in @skip and @include: each set of values is compiled apart. */
  conditions: Variables
}>

const reader = (node: ValueNode): ((variables: Variables) => unknown) => {
  switch (node.kind) {
    case Kind.VARIABLE:
      return variables => variables[node.name.value]
    case Kind.LIST: {
      const items = node.values.map(reader)
      return variables => items.map(item => item(variables))
    }
    case Kind.OBJECT: {
      const members = node.fields.map(field => [field.name.value, reader(field.value)] as const)
      return variables => Object.fromEntries(members.map(([name, read]) => [name, read(variables)]))
    }
    case Kind.INT:
    case Kind.FLOAT:
      return () => Number(node.value)
    case Kind.NULL:
      return () => null
    case Kind.BOOLEAN:
    case Kind.STRING:
    case Kind.ENUM:
    default:
      return () => node.value
  }
}

const argsReader = ({ arguments: nodes = [] }: FieldNode): ((variables: Variables) => Args) => {
  const readers = nodes.map(node => [node.name.value, reader(node.value)] as const)
  return variables => {
    const args: Record<string, unknown> = {}
    for (const [name, read] of readers) {
      const value = read(variables)
      if (value !== undefined) args[name] = value
    }
    return args
  }
}

const isLeftOut = (directives: readonly DirectiveNode[] = [], conditions: Variables): boolean =>
  directives.some(({ name, arguments: [argument] = [] }) => {
    if (argument === undefined || !['skip', 'include'].includes(name.value)) return false
    return reader(argument.value)(conditions) === (name.value === 'skip')
  })

type Field = { node: FieldNode; sets: SelectionSetNode[] }

/** CollectFields of the specification, for one concrete type. */
const collect = (
  selections: readonly SelectionNode[],
  type: string,
  into: Map<string, Field>,
  compiling: Compiling,
): void => {
  for (const node of selections) {
    if (isLeftOut(node.directives, compiling.conditions)) continue
    if (node.kind === Kind.FIELD) {
      const key = (node.alias ?? node.name).value
      const field = into.get(key) ?? { node, sets: [] }
      if (node.selectionSet !== undefined) field.sets.push(node.selectionSet)
      into.set(key, field)
      continue
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? compiling.fragments.get(node.name.value) : node
    const condition = fragment?.typeCondition?.name.value ?? type
    if (fragment !== undefined && (condition === type || condition === '_Entity'))
      collect(fragment.selectionSet.selections, type, into, compiling)
  }
}

/** Writes a value of any list depth. Objects are written by the function compiled for their type. */
const valueWriter = (
  sets: readonly SelectionSetNode[],
  compiling: Compiling,
): ((value: unknown, variables: Variables) => string) => {
  const byType = new Map<string, Write>()
  let frozen: unknown
  let frozenText = ''
  const write = (value: unknown, variables: Variables): string => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
    if (Array.isArray(value)) {
      if (value === frozen) return frozenText
      const text = `[${value.map(item => write(item, variables)).join(',')}]`
      if (Object.isFrozen(value)) [frozen, frozenText] = [value, text]
      return text
    }
    const row = value as Row
    let object = byType.get(row.__typename)
    if (object === undefined) {
      object = objectWriter(sets, row.__typename, compiling)
      byType.set(row.__typename, object)
    }
    return object(row, variables)
  }
  return write
}

const fieldWriter = (type: string, { node, sets }: Field, compiling: Compiling): Write => {
  const name = node.name.value
  if (name === '__typename') return row => `"${row.__typename}"`
  const args = argsReader(node)
  const write = valueWriter(sets, compiling)
  if (name === '_entities')
    return (_, variables) => {
      const representations = args(variables)['representations'] as readonly Row[]
      return write(representations.map(compiling.data.entity), variables)
    }
  const resolve = compiling.data.fields[`${type}.${name}`]
  if (resolve === undefined) return (row, variables) => write(row[name], variables)
  return (row, variables) => write(resolve(row, args(variables)), variables)
}

const objectWriter = (sets: readonly SelectionSetNode[], type: string, compiling: Compiling): Write => {
  const fields = new Map<string, Field>()
  for (const set of sets) collect(set.selections, type, fields, compiling)
  const members = [...fields].map(
    ([key, field]) => [`"${key}":`, fieldWriter(type, field, compiling)] as const,
  )
  return (row, variables) => {
    let text = ''
    for (const [key, write] of members) text += `${text === '' ? '' : ','}${key}${write(row, variables)}`
    return `{${text}}`
  }
}

const conditionNames = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>()
  visit(document, {
    Directive: ({ arguments: nodes = [] }) => {
      for (const { value } of nodes) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}

const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode): Variables =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, reader(defaultValue)({})]],
    ),
  )

/** One operation text, ready to answer. */
const compile = (text: string, data: Data): ((sent: Variables) => string) => {
  const document = parse(text, { noLocation: true })
  const operation = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) throw new Error(`no operation in ${text}`)
  const fragments = new Map(
    document.definitions.flatMap(node =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )
  const names = conditionNames(document)
  const defaults = defaultsOf(operation)
  const root: Row = { __typename: operation.operation === OperationTypeNode.MUTATION ? 'Mutation' : 'Query' }
  const compiled = new Map<string, Write>()
  return sent => {
    const variables = { ...defaults, ...sent }
    const key = names.map(name => String(variables[name])).join()
    let write = compiled.get(key)
    if (write === undefined) {
      write = objectWriter([operation.selectionSet], root.__typename, {
        data,
        fragments,
        conditions: variables,
      })
      compiled.set(key, write)
    }
    return write(root, variables)
  }
}

/** @returns a function from a GraphQL request to the JSON text of its `data`. Texts are compiled once. */
export const answerText = (data: Data): ((query: string, variables: Variables) => string) => {
  const texts = new Map<string, (sent: Variables) => string>()
  return (query, variables) => {
    let answer = texts.get(query)
    if (answer === undefined) {
      answer = compile(query, data)
      texts.set(query, answer)
    }
    return answer(variables)
  }
}
