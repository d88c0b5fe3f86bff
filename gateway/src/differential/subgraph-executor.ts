import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  execute,
  parse,
  validate,
  Kind,
  type DocumentNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { parseSelection, type Execution, type GraphData } from './graph-data.ts'
import { instance, isInstance, type Instance } from './instance.ts'
import {
  fieldOf,
  interfacesOf,
  objectOf,
  type FieldModel,
  type GraphModel,
  type SubgraphModel,
} from './model.ts'
import { isInterfaceObjectIn, keysIn, resolvesField, topNames } from './subgraph-view.ts'

/** One request to a subgraph, and its answer as it came over the wire: nothing of it is shared. */
export type AskSubgraph = (
  request: Readonly<{
    query: string
    variables: Readonly<Record<string, unknown>>
    operationName: string | undefined
  }>,
  execution: Execution,
) => Promise<string>

/** An object as one subgraph holds it. */
type Source = Readonly<{
  /** Its type here: an interface's name where that is an interface object. */
  __typename: string
  at: Instance
  /** What the gateway told when it asked for this entity. */
  representation?: Readonly<Record<string, unknown>>
  /** What the reference to it gives along, by `@provides`. */
  provided?: SelectionSetNode
}>

const hasField = (
  selection: SelectionSetNode | undefined,
  type: string,
  name: string,
): SelectionSetNode | true | undefined => {
  for (const node of selection?.selections ?? []) {
    if (node.kind === Kind.FIELD && node.name.value === name) return node.selectionSet ?? true
    if (node.kind !== Kind.INLINE_FRAGMENT || node.typeCondition?.name.value !== type) continue
    const inner = hasField(node.selectionSet, type, name)
    if (inner !== undefined) return inner
  }
  return undefined
}

type Room = Readonly<{ model: GraphModel; subgraph: SubgraphModel; data: GraphData }>

/** What a type is called in a subgraph. */
const nameHere = ({ model, subgraph }: Room, type: string): string =>
  interfacesOf(model, type).find(above => isInterfaceObjectIn(subgraph, above))?.name ?? type

const toSource = (room: Room, value: unknown, provided: SelectionSetNode | undefined): unknown => {
  if (Array.isArray(value)) return value.map(item => toSource(room, item, provided))
  if (!isInstance(value)) return value
  return { __typename: nameHere(room, value.type), at: value, ...(provided && { provided }) }
}

const refused = (execution: Execution, message: string): Error => {
  execution.refusals.push(message)
  return new Error(message)
}

const resolvesHere = ({ model, subgraph }: Room, at: Instance, field: FieldModel): boolean => {
  const type = objectOf(model, at.type)
  if (type.fields.get(field.name) === field && nameHere({ model, subgraph } as Room, at.type) === at.type) {
    return resolvesField(subgraph, type, field)
  }
  return field.owners.includes(subgraph.name) || field.name === 'id'
}

const resolveField = (
  room: Room,
  execution: Execution,
  source: Source,
  name: string,
  args: Readonly<Record<string, unknown>>,
): unknown => {
  const { model, subgraph, data } = room
  const field = fieldOf(model, source.at.type, name)
  const given = hasField(source.provided, source.at.type, name)
  if (!resolvesHere(room, source.at, field) && given === undefined) {
    throw refused(
      execution,
      `${subgraph.name} was asked for ${source.at.type}.${name}, which it does not have`,
    )
  }
  const { near, ...plainArgs } = args
  const inputs =
    field.kind === 'contextual'
      ? JSON.stringify(near ?? null)
      : inputsOf(room, execution, source, field, given !== undefined)
  const provided = field.owners.includes(subgraph.name) ? field.provides : undefined
  const along = provided === undefined ? given : parseSelection(provided)
  return toSource(
    room,
    data.value(execution, source.at, field, plainArgs, inputs),
    along === true ? undefined : along,
  )
}

const inputsOf = (room: Room, execution: Execution, source: Source, field: FieldModel, isGiven: boolean) => {
  if (field.requires === undefined || isGiven) return undefined
  if (source.representation === undefined) {
    const isProvided = topNames(field.requires).every(name => hasField(source.provided, source.at.type, name))
    // The subgraph that gives along what a field requires has it at hand.
    if (isProvided) return undefined
    throw refused(execution, `${source.at.type}.${field.name} was asked without what it requires`)
  }
  return room.data.read(execution, source.representation, field.requires)
}

const resolveReference = (
  room: Room,
  typeName: string,
  representation: Record<string, unknown>,
): Source | null => {
  const { model, subgraph, data } = room
  const type = model.types.get(typeName)
  const keys = type?.kind === 'object' ? keysIn(subgraph, type) : [{ fields: 'id', resolvable: true }]
  for (const key of keys) {
    if (!key.resolvable) continue
    const at = data.find(typeName, key, representation)
    if (at !== null) return { __typename: nameHere(room, at.type), at, representation }
  }
  throw new Error(`no ${typeName} is ${JSON.stringify(representation)}`)
}

const referenceResolvers = (room: Room, schema: GraphQLSchema): Record<string, object> => {
  const resolvers: Record<string, object> = {}
  for (const [name, type] of room.model.types) {
    const isKeyed =
      (type.kind === 'object' && type.keys.length > 0) ||
      (type.kind === 'interface' && type.keyedIn.length > 0)
    if (!isKeyed || schema.getType(name) === undefined) continue
    const __resolveReference = (representation: Record<string, unknown>) =>
      resolveReference(room, name, representation)
    const __resolveType = (source: Source) => source.__typename
    resolvers[name] =
      type.kind === 'interface' && !isInterfaceObjectIn(room.subgraph, type)
        ? { __resolveReference, __resolveType }
        : { __resolveReference }
  }
  return resolvers
}

/** A subgraph that answers in this process, strict about what it may be asked. @param sdl  its schema */
export const subgraphExecutor = (
  model: GraphModel,
  subgraph: SubgraphModel,
  data: GraphData,
  sdl: string,
): AskSubgraph => {
  const room: Room = { model, subgraph, data }
  const typeDefs = parse(sdl)
  const plain = buildSubgraphSchema([{ typeDefs }])
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: referenceResolvers(room, plain) as never }])
  const documents = documentCache(schema)
  return async ({ query, variables, operationName }, execution) => {
    const document = documents(query)
    if ('errors' in document) {
      execution.refusals.push(`invalid: ${document.errors.map(error => error.message).join('; ')}`)
      return JSON.stringify(document)
    }
    const result = await execute({
      schema,
      document,
      variableValues: variables,
      operationName,
      contextValue: {},
      fieldResolver: (source: Source | undefined, args, _context, info) => {
        const isMutation = info.parentType === schema.getMutationType()
        const isRoot = isMutation || info.parentType === schema.getQueryType()
        const root = instance(isMutation ? 'Mutation' : 'Query', '')
        const at: Source = isRoot ? { __typename: root.type, at: root } : (source as Source)
        return resolveField(room, execution, at, info.fieldName, args)
      },
      typeResolver: value => (value as Source).__typename,
    })
    return JSON.stringify(result)
  }
}

const maxDocuments = 2000

const documentCache = (schema: GraphQLSchema) => {
  const known = new Map<string, DocumentNode | { errors: readonly { message: string }[] }>()
  return (query: string): DocumentNode | { errors: readonly { message: string }[] } => {
    const before = known.get(query)
    if (before !== undefined) return before
    const document = parse(query, { noLocation: true })
    const errors = validate(schema, document)
    const made =
      errors.length === 0
        ? document
        : { errors: errors.map(error => ({ message: `${error.message}: ${query}` })) }
    if (known.size >= maxDocuments) known.clear()
    known.set(query, made)
    return made
  }
}
