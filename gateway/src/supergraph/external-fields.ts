import { Kind, type DocumentNode, type SelectionSetNode, type TypeNode } from 'graphql'
import { directivesNamed, isArgumentTrue, textArgument } from './directive-arguments.ts'
import { parseFieldSet } from './field-set.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'

/** Does a key of a type select a field, at any depth, that is `@external` in a graph? */
export type SelectsExternal = (type: string, graph: string, key: string) => boolean

type Field = Readonly<{ type: string; externalIn: ReadonlySet<string> }>

const namedType = (node: TypeNode): string =>
  node.kind === Kind.NAMED_TYPE ? node.name.value : namedType(node.type)

/** @param join  what the join specification is called in the supergraph */
export const externalFields = (document: DocumentNode, join: string): SelectsExternal => {
  const fields = new Map<string, Field>()
  for (const type of typesOf(document)) {
    for (const field of outputFieldsOf(type)) {
      const external = directivesNamed(field, `${join}__field`).filter(joinField =>
        isArgumentTrue(joinField, 'external'),
      )
      const externalIn = new Set(external.map(joinField => textArgument(joinField, 'graph') ?? ''))
      fields.set(`${type.name.value}.${field.name.value}`, { type: namedType(field.type), externalIn })
    }
  }
  const selects = ({ selections }: SelectionSetNode, type: string, graph: string): boolean =>
    selections.some(node => {
      if (node.kind === Kind.INLINE_FRAGMENT) {
        return selects(node.selectionSet, node.typeCondition?.name.value ?? type, graph)
      }
      const field = fields.get(`${type}.${node.name.value}`)
      if (field === undefined) return false
      if (field.externalIn.has(graph)) return true
      return node.kind === Kind.FIELD && node.selectionSet !== undefined
        ? selects(node.selectionSet, field.type, graph)
        : false
    })
  return (type, graph, key) => selects(parseFieldSet(key), type, graph)
}
