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
import { fieldAt, keyOf, type Position, type PositionField } from '../compile/position.ts'
import { jsonText, stringText } from '../json-text.ts'
import type { IsVerbatim } from '../../fleet/fetch.ts'
import { ResponseNode } from '../run/response-node.ts'
import { collectFields } from '../../documents/collect-fields.ts'
import { isIntrospection, nestedIntrospection } from './introspection.ts'
import type { ProjectionParts } from './projection-parts.ts'
import { problem, type Problem } from './problems.ts'
import { objectPattern, verbatimTest, type MemberPattern, type Pattern } from './verbatim.ts'
import { leafWriter, type ValueWriter, type WriteValue } from './write-leaf.ts'
import { listWriter, sourceOf, writeObject, type FieldWriter, type ObjectFields } from './write-object.ts'

/**
 * Writes the answer from the root node, in the client's order of fields.
 * @returns undefined where a null went up to the root
 */
export type Project = (root: ResponseNode, problems: Problem[]) => string | undefined

const selectionSets = (nodes: readonly FieldNode[]): readonly SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))

/** How a field is written, and what its value looks like where that is told beforehand. */
type Member = Omit<FieldWriter, 'name' | 'lead'> & Readonly<{ pattern: Pattern }>

/** The pattern is for the object around it only: writers, which live long, do without. */
type CompiledObject = Readonly<{ object: ObjectFields; pattern: Pattern }>

const nothing: CompiledObject = Object.freeze({
  object: Object.freeze({ fields: [], end: '{}' }),
  pattern: undefined,
})

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

  /** How a value of `type` is written; undefined when that cannot be told without knowing a more exact type. */
  object(
    type: GraphQLCompositeType,
    sets: readonly SelectionSetNode[],
    position: Position | undefined,
  ): CompiledObject | undefined {
    const { schema, clientName, emptyName } = this.#parts
    const { fields, isTypeDependent } = collectFields(schema, this.#fragments, type, sets)
    if (isTypeDependent) return undefined
    const writers: FieldWriter[] = []
    const patterns: MemberPattern[] = []
    let text = '{'
    let separator = ''
    for (const [responseName, nodes] of fields) {
      if (responseName === emptyName) continue
      if (isAbstractType(type) && nodes[0]?.name.value === '__typename') return undefined
      const member = this.member(type, responseName, nodes, position)
      if (member === undefined) continue
      const name = clientName(responseName)
      text += `${separator}${stringText(name)}:`
      separator = ','
      if (typeof member === 'string') text += member
      else {
        const { pattern, ...writer } = member
        writers.push(Object.freeze({ ...writer, name, lead: text }))
        patterns.push({ lead: text, isNonNull: writer.isNonNull, pattern })
        text = ''
      }
    }
    const end = `${text}}`
    const object = Object.freeze({ fields: Object.freeze(writers), end })
    return { object, pattern: objectPattern(patterns, end) }
  }

  /** How a field is written; its text when that is always the same. */
  member(
    type: GraphQLCompositeType,
    responseName: string,
    nodes: readonly FieldNode[],
    position: Position | undefined,
  ): Member | string | undefined {
    const fieldName = (nodes[0] as FieldNode).name.value
    if (fieldName === '__typename') return stringText(type.name)
    if (isIntrospection(fieldName)) {
      const isRoot = position !== undefined && position.parent === undefined
      if (!isRoot) return nestedIntrospection(this.#parts, responseName, nodes)
      const key = fieldAt(position, responseName).slot
      return { isNonNull: fieldName === '__schema', key, write: jsonText, pattern: undefined }
    }
    const definition = 'getFields' in type ? type.getFields()[fieldName] : undefined
    if (definition === undefined) return undefined
    const field = position?.fields.get(responseName)
    const { write, pattern } = this.value(definition.type, selectionSets(nodes), field?.position)
    const name = this.#parts.clientName(responseName)
    return {
      isNonNull: isNonNullType(definition.type),
      key: position === undefined || field === undefined ? undefined : keyOf(position, field),
      write,
      pattern: field !== undefined && isCalled(field, name) ? pattern : undefined,
    }
  }

  value(
    type: GraphQLOutputType,
    sets: readonly SelectionSetNode[],
    position: Position | undefined,
  ): ValueWriter {
    if (isNonNullType(type)) return this.value(type.ofType, sets, position)
    if (isListType(type)) {
      return listWriter(this.value(type.ofType, sets, position), isNonNullType(type.ofType))
    }
    if (isLeafType(type)) return leafWriter(type)
    return this.composite(type, sets, position)
  }

  composite(
    type: GraphQLCompositeType,
    sets: readonly SelectionSetNode[],
    position: Position | undefined,
  ): ValueWriter {
    const { write, pattern } = isAbstractType(type)
      ? { write: this.abstract(type, sets, position), pattern: undefined }
      : objectWriter(this.object(type, sets, position) ?? nothing)
    return position?.isInterned === true
      ? { write: writtenOnce(write), pattern: undefined }
      : { write, pattern }
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
      const compiled = this.object(runtime as GraphQLCompositeType, sets, position)
      if (compiled === undefined) return cannotTell('no subgraph told of which type the object is.')
      return objectWriter(compiled).write
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

const objectWriter = ({ object, pattern }: CompiledObject): ValueWriter => ({
  write: writeObjectOf(object),
  pattern,
})

const writeObjectOf =
  (fields: ObjectFields): WriteValue =>
  (value, problems) => {
    const source = sourceOf(value)
    if (source !== undefined) return writeObject(fields, source, problems)
    problems.push(problem('what should be an object is none.'))
    return undefined
  }

/** Its subgraph calls it so too, and no other fetch asks for it by another name. */
const isCalled = ({ wireNames }: PositionField, name: string): boolean =>
  wireNames.size === 1 && wireNames.has(name)

const isMember = (schema: GraphQLSchema, type: GraphQLAbstractType, runtime: GraphQLCompositeType): boolean =>
  'getInterfaces' in runtime && schema.isSubType(type, runtime)

const cannotTell =
  (reason: string): WriteValue =>
  (_value, problems) => {
    problems.push(problem(reason))
    return undefined
  }

/** The most exact name that is known of a value's type. */
export const typenameOf = (value: unknown, position: Position | undefined): string | undefined => {
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

/** `isVerbatim`: of an answer that brings all of the root's data. */
export type Projection = Readonly<{ project: Project; isVerbatim: IsVerbatim | undefined }>

/** Compiles what a client selected into a function that writes its answer. */
export const compileProjection = (parts: ProjectionParts, root: Position): Projection => {
  const { schema, operation } = parts
  const type = rootType(schema, operation)
  const compiler = new ProjectionCompiler(parts)
  const { object, pattern } = compiler.object(type, [operation.selectionSet], root) ?? nothing
  return Object.freeze({
    project: (node: ResponseNode, problems: Problem[]) => writeObject(object, node.values, problems),
    isVerbatim: verbatimTest(pattern),
  })
}

/**
 * Compiles what is selected of objects at one position into a function that writes each of them.
 * @param type  of the field that has them
 */
export const compileObject = (
  parts: ProjectionParts,
  type: GraphQLCompositeType,
  set: SelectionSetNode,
  position: Position | undefined,
): WriteValue => new ProjectionCompiler(parts).composite(type, [set], position).write
