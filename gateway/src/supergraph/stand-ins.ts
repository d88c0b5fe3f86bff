import {
  print,
  visit,
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type SelectionSetNode,
} from 'graphql'
import { directivesNamed, textArgument } from './directive-arguments.ts'
import { parseFieldSet } from './field-set.ts'
import { contextSelections } from './planner-names.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'

/** A field with arguments, as some `@requires` has it. */
export type StandIn = Readonly<{ field: string; arguments: readonly ArgumentNode[] }>

/**
 * Fields that are required with different arguments. The planner gives both one name and drops one, so it is told of
 * fields of their own: `size__required_1` for `size(unit: "inch")`.
 */
export type StandIns = Readonly<{
  /** By their names. */
  fields: ReadonlyMap<string, StandIn>
  /** A field set with them in the places of what they stand for. */
  replaceIn: (text: string) => SelectionSetNode
}>

const askedBy = ({ arguments: given = [] }: FieldNode): string =>
  given
    .map(one => print(one))
    .toSorted()
    .join()

const fieldSetsOf = (document: DocumentNode, join: string): ReadonlySet<string> => {
  const texts = new Set<string>()
  for (const type of typesOf(document)) {
    for (const field of outputFieldsOf(type)) {
      for (const joinField of directivesNamed(field, `${join}__field`)) {
        const requires = textArgument(joinField, 'requires')
        if (requires !== undefined) texts.add(requires)
        for (const text of contextSelections(joinField)) texts.add(text)
      }
    }
  }
  return texts
}

/** @param join  what the join specification is called in the supergraph */
export const standInsOf = (document: DocumentNode, join: string): StandIns => {
  const texts = fieldSetsOf(document, join)
  const fields = new Map<string, StandIn>()
  const named = new Map<string, string>()
  if ([...texts].some(text => text.includes('('))) {
    const asked = new Map<string, Map<string, readonly ArgumentNode[]>>()
    const note = (node: FieldNode): void => {
      const known = asked.get(node.name.value) ?? new Map<string, readonly ArgumentNode[]>()
      asked.set(node.name.value, known.set(askedBy(node), node.arguments ?? []))
    }
    // A context may be a bare name.
    for (const text of texts) visit(parseFieldSet(text), { Field: note })
    for (const [field, forms] of asked) {
      if (forms.size < 2) continue
      for (const [form, given] of forms) {
        if (form === '') continue
        const name = `${field}__required_${fields.size + 1}`
        fields.set(name, Object.freeze({ field, arguments: given }))
        named.set(`${field} ${form}`, name)
      }
    }
  }
  const replace = (node: FieldNode): FieldNode | undefined => {
    const name = named.get(`${node.name.value} ${askedBy(node)}`)
    return name === undefined ? undefined : { ...node, name: { ...node.name, value: name }, arguments: [] }
  }
  return Object.freeze({
    fields,
    replaceIn: text => visit(parseFieldSet(text), { Field: replace }),
  })
}
