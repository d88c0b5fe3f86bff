import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql'
import type { OperationDraft } from './operation-draft.ts'

/** A value as JSON (for a variable) and as a literal. */
type Value = Readonly<{ json: unknown; literal: string }>

const plain = (json: unknown): Value => ({ json, literal: JSON.stringify(json) })

const object = (entries: readonly (readonly [string, Value])[]): Value => ({
  json: Object.fromEntries(entries.map(([name, value]) => [name, value.json])),
  literal: `{ ${entries.map(([name, value]) => `${name}: ${value.literal}`).join(', ')} }`,
})

const scalarValue = ({ rng }: OperationDraft, name: string): Value => {
  if (name === 'Int') return plain(rng.pick([0, 1, 3, -5, 2147483647]))
  if (name === 'Float') return plain(rng.pick([0, 1.5, -2, 1e10]))
  if (name === 'Boolean') return plain(rng.chance(0.5))
  if (name === 'ID') return plain(rng.pick(['x', '12', '']))
  if (name === 'String') return plain(rng.pick(['x', '', 'Zoë "q" \\ \n', '$v', '@skip']))
  const json = { json: { a: [1, null], b: 'x' }, literal: '{ a: [1, null], b: "x" }' }
  return rng.pick([json, plain('s'), plain(2), plain([true])])
}

/** @param allowVariables  in a literal, a variable may stand at any depth; within a variable's own value it may not */
const inputValue = (
  draft: OperationDraft,
  type: GraphQLInputType,
  allowVariables: boolean,
  depth = 0,
): Value => {
  const { rng } = draft
  if (isNonNullType(type)) return inputValue(draft, type.ofType, allowVariables, depth)
  if (isListType(type)) {
    if (rng.chance(0.1) && !isNonNullType(type.ofType))
      return inputValue(draft, type.ofType, allowVariables, depth)
    const items = Array.from({ length: rng.int(3) }, () =>
      maybeVariable(draft, type.ofType, allowVariables, depth + 1),
    )
    return { json: items.map(item => item.json), literal: `[${items.map(item => item.literal).join(', ')}]` }
  }
  if (isEnumType(type)) {
    const { name } = rng.pick(type.getValues())
    return { json: name, literal: name }
  }
  if (!isInputObjectType(type)) return scalarValue(draft, type.name)
  const fields = Object.values(type.getFields()).filter(
    field => isRequiredInputField(field) || (depth < 2 && rng.chance(0.4)),
  )
  return object(
    fields.map(field => [field.name, maybeVariable(draft, field.type, allowVariables, depth + 1)] as const),
  )
}

const maybeVariable = (
  draft: OperationDraft,
  type: GraphQLInputType,
  allowed: boolean,
  depth: number,
): Value => {
  const { rng } = draft
  if (!isNonNullType(type) && rng.chance(0.12)) return plain(null)
  if (allowed && rng.chance(0.2)) return { json: null, literal: `$${addVariable(draft, type, false)}` }
  return inputValue(draft, type, allowed, depth)
}

const variableNames = ['representations', 'first', 'v', 'contextualArgument_1_0', 'if', 'id']

/**
 * Declares a variable that fits a place of `type`: with or without a default, given, null, or absent.
 * @param hasDefault  whether the place itself has one
 */
const addVariable = (draft: OperationDraft, type: GraphQLInputType, hasDefault: boolean): string => {
  const { rng, variables } = draft
  const same = variables.filter(variable => variable.type === String(type))
  if (same.length > 0 && rng.chance(0.4)) return rng.pick(same).name
  const free = variableNames.filter(name => variables.every(variable => variable.name !== name))
  const isHostile = draft.hostileNames.length > 0 && rng.chance(0.5)
  const name = free.length > 0 && isHostile ? rng.pick(free) : `v${variables.length}`
  const inner = isNonNullType(type) ? type.ofType : type
  const own = rng.chance(0.3) ? inputValue(draft, inner, false).literal : undefined
  // A nullable variable may stand at a non-null place if either has a default; then null itself is an error.
  const mayBeNullable = !isNonNullType(type) || own !== undefined || hasDefault
  const isNonNull = !mayBeNullable || rng.chance(0.2)
  const mayBeAbsent = own !== undefined || !isNonNull
  const canBeNull = !isNonNull && !isNonNullType(type)
  const roll = rng.int(10)
  const value =
    mayBeAbsent && roll < 3 ? undefined : canBeNull && roll < 5 ? null : inputValue(draft, inner, false).json
  variables.push({
    name,
    type: isNonNull ? `${String(inner)}!` : String(inner),
    ...(own !== undefined && { default: own }),
    value,
  })
  return name
}

/** `(a: 1, b: $v)`, or nothing. */
export const writeArguments = (draft: OperationDraft, args: readonly GraphQLArgument[]): string => {
  if (args.length === 0) return ''
  const written = args.map(arg => {
    if (draft.rng.chance(0.45))
      return `${arg.name}: $${addVariable(draft, arg.type, arg.defaultValue !== undefined)}`
    return `${arg.name}: ${maybeVariable(draft, arg.type, true, 0).literal}`
  })
  return `(${written.join(', ')})`
}

/** `@skip` or `@include`, at times both. */
export const writeCondition = (draft: OperationDraft): string => {
  const { rng, variables } = draft
  if (!rng.chance(0.1)) return ''
  const condition = (): string => {
    if (rng.chance(0.2)) return String(rng.chance(0.5))
    const known = variables.filter(variable => variable.name.startsWith('on'))
    if (known.length > 0 && rng.chance(0.6)) return `$${rng.pick(known).name}`
    const name = `on${variables.length}`
    const hasDefault = rng.chance(0.4)
    variables.push({
      name,
      type: hasDefault && rng.chance(0.5) ? 'Boolean' : 'Boolean!',
      ...(hasDefault && { default: String(rng.chance(0.5)) }),
      value: hasDefault && rng.chance(0.5) ? undefined : rng.chance(0.6),
    })
    return `$${name}`
  }
  const skip = ` @skip(if: ${condition()})`
  const include = ` @include(if: ${condition()})`
  if (rng.chance(0.1)) return `${skip}${include}`
  return rng.chance(0.5) ? skip : include
}
