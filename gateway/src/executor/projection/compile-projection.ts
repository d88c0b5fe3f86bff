import {
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { fieldAt, keyOf, type Position } from '../compile/position.ts'
import { jsonText, stringText } from '../json-text.ts'
import { ResponseNode } from '../run/response-node.ts'
import { collectFields } from './collect-fields.ts'
import { isIntrospection, nestedIntrospection } from './introspection.ts'
import type { ProjectionParts } from './projection-parts.ts'
import { problem, type Problem } from './problems.ts'
import { leafWriter, type WriteValue } from './write-leaf.ts'
import { listWriter, sourceOf, writeFields, type FieldWriter } from './write-object.ts'

/**
 * Writes the answer from the root node, in the client's order of fields.
 * @returns undefined where a null went up to the root
 */
export type Project = (root: ResponseNode, problems: Problem[]) => string | undefined

const selectionSets = (nodes: readonly FieldNode[]): readonly SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))

class ProjectionCompiler {
  readonly #parts: ProjectionParts
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>

  constructor(parts: ProjectionParts) {
    this.#parts = parts
    this.#fragments = new Map(
      parts.document.definitions.flatMap(node =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
      ),
    )
  }

  /** The fields of a value of `type`; undefined when they cannot be told without knowing a more exact type. */
  fields(
    type: GraphQLCompositeType,
    sets: readonly SelectionSetNode[],
    position: Position | undefined,
  ): readonly FieldWriter[] | undefined {
    const { schema, clientName, emptyName } = this.#parts
    const { fields, isTypeDependent } = collectFields(schema, this.#fragments, type, sets)
    if (isTypeDependent) return undefined
    const writers: FieldWriter[] = []
    for (const [responseName, nodes] of fields) {
      if (responseName === emptyName) continue
      const fieldName = (nodes[0] as FieldNode).name.value
      const name = clientName(responseName)
      const prefix = `${stringText(name)}:`
      if (fieldName === '__typename') {
        if (isAbstractType(type)) return undefined
        const constant = stringText(type.name)
        writers.push({ name, prefix, isNonNull: true, key: undefined, constant, write: () => undefined })
        continue
      }
      if (isIntrospection(fieldName)) {
        writers.push(this.introspection(name, responseName, nodes, position))
        continue
      }
      const definition = 'getFields' in type ? type.getFields()[fieldName] : undefined
      if (definition === undefined) continue
      const field = position?.fields.get(responseName)
      writers.push({
        name,
        prefix,
        isNonNull: isNonNullType(definition.type),
        key: position === undefined || field === undefined ? undefined : keyOf(position, field),
        constant: undefined,
        write: this.value(definition.type, selectionSets(nodes), field?.position),
      })
    }
    return Object.freeze(writers)
  }

  introspection(
    name: string,
    responseName: string,
    nodes: readonly FieldNode[],
    position: Position | undefined,
  ): FieldWriter {
    const isRoot = position !== undefined && position.parent === undefined
    return {
      name,
      prefix: `${stringText(name)}:`,
      isNonNull: nodes[0]?.name.value === '__schema',
      key: isRoot ? fieldAt(position, responseName).slot : undefined,
      constant: isRoot ? undefined : nestedIntrospection(this.#parts, responseName, nodes),
      write: jsonText,
    }
  }

  value(
    type: GraphQLOutputType,
    sets: readonly SelectionSetNode[],
    position: Position | undefined,
  ): WriteValue {
    if (isNonNullType(type)) return this.value(type.ofType, sets, position)
    if (isListType(type)) {
      return listWriter(this.value(type.ofType, sets, position), isNonNullType(type.ofType))
    }
    if (isLeafType(type)) return leafWriter(type)
    const write = isAbstractType(type)
      ? this.abstract(type, sets, position)
      : objectWriter(this.fields(type, sets, position) ?? [])
    return position?.isInterned === true ? writtenOnce(write) : write
  }

  /** The type of a value is known when the value is there: its fields are compiled then, once for each type. */
  abstract(
    type: GraphQLAbstractType,
    sets: readonly SelectionSetNode[],
    position: Position | undefined,
  ): WriteValue {
    const { schema } = this.#parts
    const byTypename = new Map<string | undefined, WriteValue>()
    const compile = (typename: string | undefined): WriteValue => {
      // An interface object's subgraph may know the interface only: enough, unless the client asks for more.
      const runtime = typename === undefined || typename === type.name ? type : schema.getType(typename)
      const fits =
        runtime === type ||
        (runtime !== undefined &&
          (isObjectType(runtime) || isAbstractType(runtime)) &&
          isMember(schema, type, runtime))
      if (!fits) return cannotTell('a type that the schema does not have at this place.')
      const fields = this.fields(runtime as GraphQLCompositeType, sets, position)
      if (fields === undefined) return cannotTell('no subgraph told of which type the object is.')
      return objectWriter(fields)
    }
    return (value, problems) => {
      const typename = typenameOf(value, position)
      let write = byTypename.get(typename)
      if (write === undefined) {
        write = compile(typename)
        // Types are few; wrong names from a subgraph may be many.
        if (byTypename.size < 1000) byTypename.set(typename, write)
      }
      return write(value, problems)
    }
  }
}

const objectWriter =
  (fields: readonly FieldWriter[]): WriteValue =>
  (value, problems) => {
    const source = sourceOf(value)
    if (source !== undefined) return writeFields(fields, source, problems)
    problems.push(problem('what should be an object is none.'))
    return undefined
  }

const isMember = (schema: GraphQLSchema, type: GraphQLAbstractType, runtime: GraphQLCompositeType): boolean =>
  'getInterfaces' in runtime && schema.isSubType(type, runtime)

const cannotTell =
  (reason: string): WriteValue =>
  (_value, problems) => {
    problems.push(problem(reason))
    return undefined
  }

const typenameOf = (value: unknown, position: Position | undefined): string | undefined => {
  if (value instanceof ResponseNode) return value.typename
  for (const name of position?.typenames ?? []) {
    const typename = (value as Readonly<Record<string, unknown>>)[name]
    if (typeof typename === 'string') return typename
  }
  return undefined
}

/** A node that stands at several places is written once, unless there is a problem to be told at each. */
const writtenOnce = (write: WriteValue): WriteValue => {
  const writeOnce: WriteValue = (value, problems) => {
    if (!(value instanceof ResponseNode)) return write(value, problems)
    if (value.writtenBy === writeOnce) return value.text
    const before = problems.length
    const text = write(value, problems)
    if (text !== undefined && problems.length === before) {
      value.text = text
      value.writtenBy = writeOnce
    }
    return text
  }
  return writeOnce
}

const rootType = (schema: GraphQLSchema, operation: OperationDefinitionNode): GraphQLCompositeType => {
  const type = schema.getRootType(operation.operation)
  if (type === undefined || type === null) throw new Error(`the schema has no ${operation.operation} type`)
  return type
}

/** Compiles what a client selected into a function that writes its answer. */
export const compileProjection = (parts: ProjectionParts, root: Position): Project => {
  const { schema, operation } = parts
  const type = rootType(schema, operation)
  const compiler = new ProjectionCompiler(parts)
  const fields = compiler.fields(type, [operation.selectionSet], root) ?? []
  return (node, problems) => writeFields(fields, node.values, problems)
}
