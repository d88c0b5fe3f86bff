import type { DataRewrite, PlanSelection } from '../../planner/query-plan.ts'
import type { FieldTree } from '../../supergraph/field-tree.ts'
import type { Supergraph } from '../../supergraph/supergraph.ts'
import { isRow, type Row } from '../run/merge-row.ts'
import { ResponseNode } from '../run/response-node.ts'
import { jsonText, stringText } from '../json-text.ts'
import { keyOf, type Position } from './position.ts'

/**
 * Instead of a count: all values are null, as of an entity that the subgraph before did not find. Nobody is asked about
 * it: servers of `@apollo/subgraph` may answer one such with an error that takes the others with it.
 */
export const noValue = -1

/** How nodes are represented. Frozen. */
export type Representation = Readonly<{
  /**
   * Puts into `parts` what a node's representation consists of, equal for equal representations.
   * @returns how many parts there are. 0 for a node of no known type, and for one that lacks a value that nobody was
   * asked for or gave; `noValue` for one all of whose values are null
   */
  partsOf: (node: ResponseNode, parts: unknown[]) => number
  /** The representation as JSON text, of parts without anything behind them. */
  write: (parts: readonly unknown[]) => string
}>

export type IsSubtype = (type: string, condition: string) => boolean

/** What there is to know of the subgraph that representations are for. */
export type RepresentedIn = Pick<Supergraph, 'isSubtype' | 'standIns'> &
  Readonly<{
    /** Keys of a type in that subgraph. */
    keysOf: (type: string) => readonly FieldTree[]
  }>

type Member = Readonly<{
  /** `"name":` */
  prefix: string
  /** What is always written instead of the value. */
  constant: string | undefined
  key: number | string | undefined
  isTypename: boolean
  /** Writes an object below. Absent for leaves: JSON scalars go whole. */
  writeObject: WriteObject | undefined
}>

type WriteObject = (value: ResponseNode | Row) => string

type Rewrite = Readonly<{ path: readonly string[]; rewrite: DataRewrite }>

const conditionPrefix = '... on '

/** The fields that apply to a value of `typename`, each once, with all that is selected below it. */
export const fieldsFor = (
  selections: readonly PlanSelection[],
  typename: string | undefined,
  isSubtype: IsSubtype,
  fields = new Map<string, PlanSelection[]>(),
): Map<string, PlanSelection[]> => {
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const below = fields.get(selection.name) ?? []
      fields.set(selection.name, [...below, ...(selection.selections ?? [])])
    } else {
      const { typeCondition } = selection
      const applies =
        typeCondition === undefined || typename === undefined || isSubtype(typename, typeCondition)
      if (applies) fieldsFor(selection.selections, typename, isSubtype, fields)
    }
  }
  return fields
}

/** Rewrites whose type conditions at this level hold, without those conditions. */
const rewritesFor = (
  rewrites: readonly Rewrite[],
  typename: string | undefined,
  isSubtype: IsSubtype,
): readonly Rewrite[] =>
  rewrites.flatMap(({ path, rewrite }) => {
    let start = 0
    for (; path[start]?.startsWith(conditionPrefix) === true; start += 1) {
      const condition = (path[start] as string).slice(conditionPrefix.length)
      if (typename !== undefined && !isSubtype(typename, condition)) return []
    }
    return [{ path: path.slice(start), rewrite }]
  })

/** The value at a key of a node or a row, its type, and how to compile for each type once. */
export const typenameOf = (value: ResponseNode | Row, position: Position | undefined): string | undefined => {
  if (value instanceof ResponseNode) return value.typename
  for (const name of position?.typenames ?? []) {
    if (typeof value[name] === 'string') return value[name]
  }
  return undefined
}

export const valueAt = (value: ResponseNode | Row, key: number | string): unknown =>
  value instanceof ResponseNode ? value.values[key as number] : value[key]

const writeNested = (value: unknown, writeObject: WriteObject): string => {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return `[${value.map(item => writeNested(item, writeObject)).join(',')}]`
  return value instanceof ResponseNode || isRow(value) ? writeObject(value) : jsonText(value)
}

/** Does what is sent of a value of `typename` contain a key, whole? */
const contains = (
  selections: readonly PlanSelection[],
  typename: string | undefined,
  key: FieldTree,
  isSubtype: IsSubtype,
): boolean => {
  const fields = fieldsFor(selections, typename, isSubtype)
  return [...key].every(([name, below]) => {
    const selected = fields.get(name)
    return selected !== undefined && contains(selected, undefined, below, isSubtype)
  })
}

class Compiler {
  readonly #isSubtype: IsSubtype
  readonly #standIns: RepresentedIn['standIns']

  constructor({ isSubtype, standIns }: RepresentedIn) {
    this.#isSubtype = isSubtype
    this.#standIns = standIns
  }

  members(
    selections: readonly PlanSelection[],
    rewrites: readonly Rewrite[],
    position: Position | undefined,
    typename: string | undefined,
  ): readonly Member[] {
    const applying = rewritesFor(rewrites, typename, this.#isSubtype)
    return [...fieldsFor(selections, typename, this.#isSubtype)].map(([name, below]) => {
      let writtenName = this.#standIns.get(name)?.field ?? name
      let constant: string | undefined
      const rewritesBelow: Rewrite[] = []
      for (const { path, rewrite } of applying) {
        if (path[0] !== name) continue
        if (path.length > 1) rewritesBelow.push({ path: path.slice(1), rewrite })
        else if (rewrite.kind === 'KeyRenamer') writtenName = rewrite.renameKeyTo
        else constant = jsonText(rewrite.setValueTo)
      }
      const field = position?.fields.get(name)
      return Object.freeze({
        prefix: `${stringText(writtenName)}:`,
        constant,
        key: position === undefined || field === undefined ? undefined : keyOf(position, field),
        isTypename: name === '__typename',
        writeObject: below.length === 0 ? undefined : this.object(below, rewritesBelow, field?.position),
      })
    })
  }

  object(
    selections: readonly PlanSelection[],
    rewrites: readonly Rewrite[],
    position: Position | undefined,
  ): WriteObject {
    const byType = new Map<string | undefined, readonly Member[]>()
    return value => {
      const typename = typenameOf(value, position)
      let members = byType.get(typename)
      if (members === undefined) {
        members = this.members(selections, rewrites, position, typename)
        byType.set(typename, members)
      }
      const texts: string[] = []
      for (const member of members) {
        const part = this.part(member, value, typename)
        if (part !== undefined)
          texts.push(member.prefix + (isText(member) ? (part as string) : jsonText(part)))
      }
      return `{${texts.join(',')}}`
    }
  }

  /** A leaf as it is, all else as JSON text; undefined when nobody said what the value is, which is not null. */
  part(member: Member, from: ResponseNode | Row, typename: string | undefined): unknown {
    const { constant, key, writeObject } = member
    if (constant !== undefined) return constant
    if (member.isTypename) return typename === undefined ? undefined : stringText(typename)
    const value = key === undefined ? undefined : valueAt(from, key)
    if (value === undefined || writeObject === undefined) return value
    return writeNested(value, writeObject)
  }
}

/** What is known to be JSON text already, as opposed to a string. */
const isText = ({ constant, writeObject, isTypename }: Member): boolean =>
  constant !== undefined || writeObject !== undefined || isTypename

/** What is the same for all values of a type. */
const constantOf = ({ constant, isTypename }: Member, typename: string): string | undefined =>
  constant ?? (isTypename ? stringText(typename) : undefined)

/** How values of one type are written: `varying` members, with the texts before each and behind the last. */
type Form = Readonly<{
  /** Equal where equal values make equal texts. */
  shape: string
  varying: readonly Member[]
  texts: readonly string[]
}>

const formOf = (members: readonly Member[], typename: string): Form => {
  const varying: Member[] = []
  const texts: string[] = []
  let text = ''
  for (const [index, member] of members.entries()) {
    const constant = constantOf(member, typename)
    text += `${index === 0 ? '{' : ','}${member.prefix}${constant ?? ''}`
    if (constant !== undefined) continue
    varying.push(member)
    texts.push(text)
    text = ''
  }
  texts.push(`${text}}`)
  const shape = JSON.stringify([texts, varying.map(isText)])
  return Object.freeze({ shape, varying: Object.freeze(varying), texts: Object.freeze(texts) })
}

const write = ({ varying, texts }: Form, values: readonly unknown[]): string => {
  let text = ''
  for (let index = 0; index < varying.length; index += 1) {
    const value = values[index]
    text +=
      (texts[index] as string) + (isText(varying[index] as Member) ? (value as string) : jsonText(value))
  }
  return text + (texts[varying.length] as string)
}

/** Compiles the `requires` of a fetch node, and the rewrites of what is sent. */
export const compileRepresentation = (
  requires: readonly PlanSelection[],
  rewrites: readonly DataRewrite[],
  position: Position,
  subgraph: RepresentedIn,
): Representation => {
  const compiler = new Compiler(subgraph)
  const all = rewrites.map(rewrite => ({ path: rewrite.path, rewrite }))
  const byType = new Map<string, Form | undefined>()
  const byShape = new Map<unknown, Form>()
  /** Values of types that no fragment with a key is on are not meant: see separateNeeds. */
  const isMeant = (typename: string, members: readonly Member[]): boolean => {
    const sentType = members.find(({ isTypename }) => isTypename)?.constant
    const keys = subgraph.keysOf(sentType === undefined ? typename : (JSON.parse(sentType) as string))
    return keys.some(key => contains(requires, typename, key, subgraph.isSubtype))
  }
  const formFor = (typename: string): Form | undefined => {
    const known = byType.get(typename)
    if (known !== undefined || byType.has(typename)) return known
    const members = compiler.members(requires, all, position, typename)
    const form = isMeant(typename, members) ? formOf(members, typename) : undefined
    byType.set(typename, form)
    if (form !== undefined) byShape.set(form.shape, form)
    return form
  }
  const partsOf = (node: ResponseNode, parts: unknown[]): number => {
    const { typename } = node
    if (typename === undefined) return 0
    const form = formFor(typename)
    if (form === undefined) return 0
    const { shape, varying } = form
    const { length } = varying
    let hasValue = false
    for (let index = 0; index < length; index += 1) {
      const member = varying[index] as Member
      const part = compiler.part(member, node, typename)
      if (part === undefined) return 0
      if (part !== null && !(part === 'null' && isText(member))) hasValue = true
      parts[index] = part
    }
    parts[length] = shape
    return hasValue ? length + 1 : noValue
  }
  return Object.freeze({
    partsOf,
    write: (parts: readonly unknown[]) => {
      const form = byShape.get(parts[parts.length - 1])
      return form === undefined ? '' : write(form, parts)
    },
  })
}
