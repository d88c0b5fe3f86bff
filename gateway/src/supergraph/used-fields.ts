import { Kind, type DocumentNode, type SelectionSetNode, type TypeNode } from 'graphql'
import { directivesNamed, textArgument } from './directive-arguments.ts'
import { contextSelections } from './planner-names.ts'
import { outputFieldsOf, typesOf, type SdlType } from './sdl-types.ts'
import type { StandIns } from './stand-ins.ts'
import { typeRelations } from './type-relations.ts'

/** Does anything of a graph use a field of a type: a key, `@requires`, `@provides`, a context, an interface? */
export type IsUsed = (graph: string, type: SdlType, field: string) => boolean

const namedType = (node: TypeNode): string =>
  node.kind === Kind.NAMED_TYPE ? node.name.value : namedType(node.type)

class UsedFields {
  readonly #join: string
  readonly #standIns: StandIns
  readonly #types = new Map<string, string>()
  readonly #members: (type: string) => readonly string[]
  /** `GRAPH Type.field` */
  readonly #used = new Set<string>()
  /** `GRAPH Interface.field` */
  readonly #declared = new Set<string>()

  constructor(document: DocumentNode, join: string, standIns: StandIns) {
    this.#join = join
    this.#standIns = standIns
    const types = typesOf(document)
    const { isSubtype, objectTypes } = typeRelations(document)
    this.#members = type => [...objectTypes].filter(member => isSubtype(member, type))
    for (const type of types) {
      for (const field of outputFieldsOf(type)) {
        this.#types.set(`${type.name.value}.${field.name.value}`, namedType(field.type))
      }
    }
    for (const type of types) this.#readType(type)
  }

  isUsed(graph: string, type: SdlType, field: string): boolean {
    if (this.#used.has(`${graph} ${type.name.value}.${field}`) || this.#used.has(`${graph} ${field}`)) {
      return true
    }
    const real = this.#standIns.fields.get(field)?.field ?? field
    return directivesNamed(type, `${this.#join}__implements`).some(
      one =>
        textArgument(one, 'graph') === graph &&
        this.#declared.has(`${graph} ${textArgument(one, 'interface')}.${real}`),
    )
  }

  #readType(type: SdlType): void {
    const name = type.name.value
    const joinTypes = directivesNamed(type, `${this.#join}__type`)
    const graphs = joinTypes.map(one => textArgument(one, 'graph') ?? '')
    joinTypes.forEach((one, index) => this.#note(graphs[index] ?? '', name, textArgument(one, 'key')))
    for (const field of outputFieldsOf(type)) {
      const joinFields = directivesNamed(field, `${this.#join}__field`)
      const own = joinFields.map(one => textArgument(one, 'graph') ?? '')
      for (const graph of own.length === 0 ? graphs : own) {
        this.#declared.add(`${graph} ${name}.${field.name.value}`)
      }
      joinFields.forEach((one, index) => {
        const graph = own[index] ?? ''
        this.#note(graph, name, textArgument(one, 'requires'))
        this.#note(graph, namedType(field.type), textArgument(one, 'provides'))
        // Which types have the context is not looked up: its fields count as used in all.
        for (const text of contextSelections(one)) {
          for (const [word] of text.matchAll(/\w+/g)) this.#used.add(`${graph} ${word}`)
        }
      })
    }
  }

  #note(graph: string, type: string, text: string | undefined): void {
    if (text !== undefined) this.#walk(graph, type, this.#standIns.replaceIn(text))
  }

  #walk(graph: string, type: string, { selections }: SelectionSetNode): void {
    for (const node of selections) {
      if (node.kind === Kind.INLINE_FRAGMENT) {
        this.#walk(graph, node.typeCondition?.name.value ?? type, node.selectionSet)
      }
      if (node.kind !== Kind.FIELD) continue
      const name = node.name.value
      for (const member of [type, ...this.#members(type)]) this.#used.add(`${graph} ${member}.${name}`)
      const below = this.#types.get(`${type}.${this.#standIns.fields.get(name)?.field ?? name}`)
      if (node.selectionSet !== undefined && below !== undefined) this.#walk(graph, below, node.selectionSet)
    }
  }
}

/** @param join  what the join specification is called in the supergraph */
export const usedFields = (document: DocumentNode, join: string, standIns: StandIns): IsUsed => {
  const used = new UsedFields(document, join, standIns)
  return (graph, type, field) => used.isUsed(graph, type, field)
}
