import type { ModelDraft } from './model-draft.ts'
import {
  namedType,
  type FieldModel,
  type InterfaceModel,
  type ObjectModel,
  type SubgraphModel,
} from './model.ts'
import { isInterfaceObjectIn, resolvesField, unionMembersIn } from './subgraph-view.ts'

/** A selection for `@requires` or `@provides`, and the fields that its subgraph must mark `@external` for it. */
export type DraftSelection = Readonly<{ text: string; external: readonly FieldModel[] }>

type Wanted = Readonly<{
  draft: ModelDraft
  subgraph: SubgraphModel
  /** Only fields that the subgraph does not resolve by itself. */
  foreignOnly: boolean
  /** `@provides` may not select fields that have arguments. */
  withoutArguments?: boolean
  depth: number
}>

const simple = /^\[?(Int|String|Boolean|ID)!?\]?!?$/
const literals: Record<string, string> = { Int: '3', String: '"req"', Boolean: 'false', ID: '"i"' }

const argumentsFor = (draft: ModelDraft, field: FieldModel): string | undefined => {
  const known = draft.requiredArguments
  if (!known.has(field)) known.set(field, someArgumentsFor(draft, field))
  return known.get(field)
}

const someArgumentsFor = (draft: ModelDraft, field: FieldModel): string | undefined => {
  const given: string[] = []
  for (const { name, type, default: value } of field.args) {
    const mustGive = type.endsWith('!') && value === undefined
    if (!simple.test(type)) {
      // Defaults of an input object's fields: graph-data.ts reads field sets without a schema.
      if (mustGive || (value !== undefined && namedType(type) === 'Filter')) return undefined
    } else if (mustGive || draft.rng.chance(0.6)) {
      const literal = literals[namedType(type)] as string
      given.push(`${name}: ${type.startsWith('[') ? `[${literal}]` : literal}`)
    }
  }
  return given.length === 0 ? '' : `(${given.join(', ')})`
}

const isForeignKey = ({ name }: SubgraphModel, field: FieldModel): boolean =>
  field.kind === 'key' && field.owners.length > 0 && !field.owners.includes(name)

const isUsable = ({ draft, subgraph, withoutArguments }: Wanted, field: FieldModel): boolean =>
  field.kind !== 'query' &&
  field.kind !== 'contextual' &&
  (draft.traps || (field.kind !== 'requires' && !isForeignKey(subgraph, field))) &&
  field.overrides?.from !== subgraph.name &&
  !(withoutArguments === true && field.args.length > 0)

const selectFromObject = (wanted: Wanted, type: ObjectModel): DraftSelection | undefined => {
  const { draft, subgraph } = wanted
  const all = [...type.fields.values()].filter(field => isUsable(wanted, field))
  const foreign = all.filter(field => !resolvesField(subgraph, type, field))
  const candidates = wanted.foreignOnly || draft.rng.chance(0.7) ? foreign : all
  return together(
    draft.rng.sample(candidates, 1 + draft.rng.int(2)).map(field => {
      const inner = selectField(wanted, field)
      const isForeign = !resolvesField(subgraph, type, field)
      return inner && { text: inner.text, external: isForeign ? [field, ...inner.external] : inner.external }
    }),
  )
}

const together = (parts: readonly (DraftSelection | undefined)[]): DraftSelection | undefined => {
  const made = parts.filter(part => part !== undefined)
  if (made.length === 0) return undefined
  return { text: made.map(part => part.text).join(' '), external: made.flatMap(part => part.external) }
}

const selectFromInterface = (wanted: Wanted, type: InterfaceModel): DraftSelection | undefined => {
  const { draft, subgraph } = wanted
  if (!isInterfaceObjectIn(subgraph, type)) return selectFromMembers(wanted, type.members)
  // Who gives an interface's field along shares it with every member.
  if (wanted.withoutArguments === true) return undefined
  const foreign = [...type.fields.values()].filter(
    field => field.name !== 'id' && !field.owners.includes(subgraph.name) && field.requires === undefined,
  )
  return together(
    draft.rng.sample(foreign, 1 + draft.rng.int(2)).map(field => {
      const inner = selectField(wanted, field)
      return inner && { text: inner.text, external: [field, ...inner.external] }
    }),
  )
}

/** Fragments on members, and the type: two fields may require other members, and share a representation. */
const selectFromMembers = (wanted: Wanted, members: readonly string[]): DraftSelection | undefined => {
  const selected = together(
    wanted.draft.rng.sample(members, 2).map(member => {
      const type = wanted.draft.types.get(member)
      const inner = type?.kind === 'object' ? selectFromObject(wanted, type) : undefined
      return inner && { text: `... on ${member} { ${inner.text} }`, external: inner.external }
    }),
  )
  return selected && { text: `__typename ${selected.text}`, external: selected.external }
}

const selectField = (wanted: Wanted, field: FieldModel): DraftSelection | undefined => {
  const args = argumentsFor(wanted.draft, field)
  if (args === undefined) return undefined
  const named = namedType(field.type)
  const kind = wanted.draft.types.get(named)?.kind
  if (kind !== 'object' && kind !== 'interface' && kind !== 'union') {
    return { text: `${field.name}${args}`, external: [] }
  }
  if (wanted.depth === 0) return undefined
  const inner = selectFrom({ ...wanted, foreignOnly: false, depth: wanted.depth - 1 }, named)
  return inner && { text: `${field.name}${args} { ${inner.text} }`, external: inner.external }
}

/** A selection on a type, seen from one subgraph. Undefined if there is nothing to select. */
export const selectFrom = (wanted: Wanted, name: string): DraftSelection | undefined => {
  const type = wanted.draft.types.get(name)
  if (type?.kind === 'object') return selectFromObject(wanted, type)
  if (type?.kind === 'interface') return selectFromInterface(wanted, type)
  if (type?.kind !== 'union') return undefined
  const model = wanted.draft
  return selectFromMembers(wanted, unionMembersIn(model, wanted.subgraph, name))
}
