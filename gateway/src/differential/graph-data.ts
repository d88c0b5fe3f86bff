import { Kind, parse, parseValue, valueFromASTUntyped, type FieldNode, type SelectionSetNode } from 'graphql'
import type { BreakAnswer } from './broken-answers.ts'
import { noFaults, type Faults } from './faults.ts'
import { keyValue, valueMaker } from './graph-values.ts'
import { inContext, instance, isInstance, type Instance } from './instance.ts'
import { fieldOf, membersOf, objectOf, type FieldModel, type GraphModel, type KeyModel } from './model.ts'

/** What differs from one execution to the next. */
export type Execution = {
  /** How many mutations were made: their values depend on it, so their order shows. */
  effects: number
  readonly faults: Faults
  /** What subgraphs were asked that no subgraph should be: the plan is wrong then. */
  readonly refusals: string[]
  /** Breaks what subgraphs answer. */
  readonly breaks?: BreakAnswer
}

/** @returns the beginning of an execution */
export const newExecution = (faults: Faults = noFaults, breaks?: BreakAnswer): Execution => ({
  effects: 0,
  faults,
  refusals: [],
  ...(breaks !== undefined && { breaks }),
})

/** The data behind a model, the same for the monolith and for the subgraphs. */
export type GraphData = Readonly<{
  /** @param inputs  what a `requires` field is computed from, as JSON; read from the graph itself when absent */
  value: (
    execution: Execution,
    source: Instance,
    field: FieldModel,
    args: Readonly<Record<string, unknown>>,
    inputs?: string,
  ) => unknown
  /** What a selection reads of a source or a representation, as JSON. */
  read: (execution: Execution, source: unknown, selection: string) => string
  find: (typeName: string, key: KeyModel, representation: object) => Instance | null
}>

const selections = new Map<string, SelectionSetNode>()

/** The selection set of a field set such as `id owner { name }`. */
export const parseSelection = (text: string): SelectionSetNode => {
  const known = selections.get(text)
  if (known !== undefined) return known
  const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError(`not a selection: ${text}`)
  selections.set(text, definition.selectionSet)
  return definition.selectionSet
}

/** JSON with the members of objects in one order. */
const stable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(stable)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, stable(member)])
}

const literalArguments = (field: FieldModel, node: FieldNode): Record<string, unknown> => {
  const given = new Map(node.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]))
  const args: Record<string, unknown> = {}
  for (const { name, default: standard } of field.args) {
    if (given.has(name)) args[name] = given.get(name)
    else if (standard !== undefined) args[name] = valueFromASTUntyped(parseValue(standard))
  }
  return args
}

/** @returns values and look-ups over a model */
export const graphData = (model: GraphModel): GraphData => {
  const make = valueMaker(model)

  const value: GraphData['value'] = (execution, source, field, args, inputs) => {
    if (field.kind === 'key') return keyValue(source.type, source.identity, field.name)
    const fault = execution.faults.at(source, field)
    if (fault !== undefined) return fault()
    const shownArgs = Object.keys(args).length === 0 ? '' : JSON.stringify(stable(args))
    let salt = `${source.type}/${source.identity}.${field.name}(${shownArgs})`
    if (field.kind === 'effect') salt += `#${(execution.effects += 1)}`
    if (field.requires !== undefined) salt += inputs ?? read(execution, source, field.requires)
    if (field.kind === 'contextual') salt += inputs ?? readContext(execution, source)
    const setsContext = objectOf(model, source.type).context !== undefined
    return inContext(make(source.type, field, salt), setsContext ? source : source.context)
  }

  const readContext = (execution: Execution, { context }: Instance): string => {
    if (context === undefined) throw new TypeError('a contextual field outside of its context')
    return JSON.stringify(value(execution, context, fieldOf(model, context.type, 'prop'), {}))
  }

  const readField = (execution: Execution, source: unknown, node: FieldNode): unknown => {
    const name = node.name.value
    const found = isInstance(source)
      ? value(
          execution,
          source,
          fieldOf(model, source.type, name),
          literalArguments(fieldOf(model, source.type, name), node),
        )
      : (source as Record<string, unknown>)[name]
    // What a representation lacks shows: the value computed from it is another one.
    return found === undefined ? undefined : readValue(execution, found, node.selectionSet)
  }

  const readValue = (execution: Execution, found: unknown, selection?: SelectionSetNode): unknown => {
    if (selection === undefined) return stable(JSON.parse(JSON.stringify(found)))
    if (Array.isArray(found)) return found.map(item => readValue(execution, item, selection))
    return found === null ? null : readObject(execution, found, selection)
  }

  const collect = (
    execution: Execution,
    source: unknown,
    set: SelectionSetNode,
    into: Map<string, unknown>,
  ) => {
    for (const node of set.selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) throw new TypeError('a field set has no fragments')
      if (node.kind === Kind.FIELD) {
        if (node.name.value === '__typename') continue
        const found = readField(execution, source, node)
        if (found !== undefined) into.set(node.name.value, found)
        continue
      }
      const wanted = node.typeCondition?.name.value
      const type = isInstance(source) ? source.type : (source as { __typename: string }).__typename
      const applies = wanted === undefined || membersOf(model, wanted).includes(type)
      if (applies) collect(execution, source, node.selectionSet, into)
    }
  }

  const readObject = (execution: Execution, source: unknown, set: SelectionSetNode): unknown => {
    const found = new Map<string, unknown>()
    collect(execution, source, set, found)
    return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  const read: GraphData['read'] = (execution, source, selection) =>
    JSON.stringify(readObject(execution, source, parseSelection(selection)))

  return Object.freeze({ value, read, find: finder(model, read) })
}

/** Looks entities up by any of their keys. */
const finder = (model: GraphModel, read: GraphData['read']): GraphData['find'] => {
  const tables = new Map<string, Map<string, Instance>>()
  const tableOf = (typeName: string, key: KeyModel): Map<string, Instance> => {
    const name = `${typeName} ${key.fields}`
    const known = tables.get(name)
    if (known !== undefined) return known
    const instances = membersOf(model, typeName).flatMap(member =>
      Array.from({ length: objectOf(model, member).instances }, (_, at) => instance(member, String(at))),
    )
    const table = new Map(instances.map(found => [read(newExecution(), found, key.fields), found]))
    tables.set(name, table)
    return table
  }
  return (typeName, key, representation) =>
    tableOf(typeName, key).get(read(newExecution(), representation, key.fields)) ?? null
}
