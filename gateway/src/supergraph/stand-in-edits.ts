import {
  Kind,
  print,
  visit,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { argumentOf, directivesNamed, isArgumentTrue, textArgument } from './directive-arguments.ts'
import { outputFieldsOf, typesOf, type SdlType } from './sdl-types.ts'
import type { StandIns } from './stand-ins.ts'
import { usedFields, type IsUsed } from './used-fields.ts'

/** A piece of the SDL that the planner gets in another form. */
export type Edit = Readonly<{ start: number; end: number; text: string }>

type Names = Readonly<{ join: string; inaccessible: string }>

const fieldSetText = (set: SelectionSetNode): string =>
  print(set).replaceAll(/\n\s*/g, ' ').slice(1, -1).trim()

const cutOut = ({ loc }: ConstDirectiveNode): readonly Edit[] =>
  loc === undefined ? [] : [{ start: loc.start, end: loc.end, text: '' }]

class Editor {
  readonly #standIns: StandIns
  readonly #names: Names
  readonly #isUsed: IsUsed

  constructor(document: DocumentNode, standIns: StandIns, names: Names) {
    this.#standIns = standIns
    this.#names = names
    this.#isUsed = usedFields(document, names.join, standIns)
  }

  edits(type: SdlType): readonly Edit[] {
    return outputFieldsOf(type).flatMap(field => [
      ...directivesNamed(field, `${this.#names.join}__field`).flatMap(joinField =>
        this.#isIdle(joinField, type, field) ? cutOut(joinField) : this.#requires(joinField),
      ),
      ...this.#added(type, field),
    ])
  }

  /** All that used the field in this graph uses what stands in for it: an @external without use is an error. */
  #isIdle(joinField: ConstDirectiveNode, type: SdlType, { name }: FieldDefinitionNode): boolean {
    const isReplaced = [...this.#standIns.fields.values()].some(({ field }) => field === name.value)
    return isReplaced && this.#isUnusedExternal(joinField, type, name.value)
  }

  #isUnusedExternal(joinField: ConstDirectiveNode, type: SdlType, name: string): boolean {
    return (
      isArgumentTrue(joinField, 'external') &&
      !this.#isUsed(textArgument(joinField, 'graph') ?? '', type, name)
    )
  }

  #requires(joinField: ConstDirectiveNode): readonly Edit[] {
    const value = argumentOf(joinField, 'requires')
    if (value?.kind !== Kind.STRING || value.loc === undefined) return []
    const text = JSON.stringify(fieldSetText(this.#standIns.replaceIn(value.value)))
    return [{ start: value.loc.start, end: value.loc.end, text }]
  }

  /** The fields that stand in for a field, behind it. */
  #added(type: SdlType, field: FieldDefinitionNode): readonly Edit[] {
    const { loc } = field
    if (loc === undefined) return []
    const declared = new Set(field.arguments?.map(({ name }) => name.value))
    return [...this.#standIns.fields].flatMap(([name, standIn]) => {
      const fits = standIn.arguments.every(one => declared.has(one.name.value))
      if (standIn.field !== field.name.value || !fits) return []
      return [{ start: loc.end, end: loc.end, text: `\n  ${this.#definition(type, field, name)}` }]
    })
  }

  #definition(type: SdlType, field: FieldDefinitionNode, standIn: string): string {
    const { join, inaccessible } = this.#names
    const directives = (field.directives ?? [])
      .filter(({ name: { value } }) => value === `${join}__field` || value === inaccessible)
      .filter(one => !this.#isUnusedExternal(one, type, standIn))
      .map(one => print(this.#replaced(one)))
    return [`${standIn}: ${print(field.type)}`, ...directives].join(' ')
  }

  #replaced(directive: ConstDirectiveNode): ConstDirectiveNode {
    return visit(directive, {
      Argument: ({ name, value, ...node }) =>
        name.value === 'requires' && value.kind === Kind.STRING
          ? { ...node, name, value: { ...value, value: fieldSetText(this.#standIns.replaceIn(value.value)) } }
          : undefined,
    })
  }
}

/**
 * What is to be changed in an SDL so that the planner knows the stand-ins.
 * @param document  parsed from the SDL, with locations
 * @param names     what the join specification and `@inaccessible` are called in it
 */
export const standInEdits = (document: DocumentNode, standIns: StandIns, names: Names): readonly Edit[] => {
  if (standIns.fields.size === 0) return []
  const editor = new Editor(document, standIns, names)
  return typesOf(document).flatMap(type => editor.edits(type))
}
