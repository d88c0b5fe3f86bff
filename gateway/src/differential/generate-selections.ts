import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
} from 'graphql'
import { writeArguments, writeCondition } from './generate-arguments.ts'
import type { OperationDraft } from './operation-draft.ts'

const strangeNames = [
  '__proto__',
  'constructor',
  'toString',
  '_entities',
  'id__alias_0',
  'representations',
  '__typename_',
]

const fieldsOf = (type: GraphQLCompositeType): GraphQLField<unknown, unknown>[] =>
  'getFields' in type ? Object.values(type.getFields()) : []

/** A response name that clashes with nothing that stands at the same place. */
const responseName = (
  draft: OperationDraft,
  place: string,
  parent: GraphQLNamedType,
  field: string,
  content: string,
) => {
  const { rng, taken } = draft
  const signature = `${field} ${content}`
  const fits = (name: string): boolean => {
    const holder = taken.get(`${place}.${name}`)
    if (holder === undefined) return true
    const [type, held] = JSON.parse(holder) as [string, string]
    return held === signature || (type !== parent.name && rng.chance(0.5))
  }
  const choices = [field, `${field}_${rng.int(100)}`, `a${rng.int(1000)}`]
  if (draft.hostileNames.length > 0 && rng.chance(0.15)) {
    choices.unshift(
      rng.chance(0.12)
        ? rng.pick(strangeNames)
        : rng.chance(0.8)
          ? rng.pick(draft.hostileNames)
          : `b${rng.int(3)}`,
    )
  }
  const name = choices.find(fits) ?? `c${rng.int(1_000_000)}`
  taken.set(`${place}.${name}`, JSON.stringify([parent.name, signature]))
  return name
}

const writeField = (
  draft: OperationDraft,
  parent: GraphQLCompositeType,
  place: string,
  depth: number,
): string => {
  const { rng, budget } = draft
  const isDeep = depth <= 0 || budget.fields <= 0
  const fields = fieldsOf(parent).filter(field => !isDeep || isLeafType(getNamedType(field.type)))
  if (fields.length === 0 || rng.chance(0.08)) return writeTypename(draft, parent, place)
  const composite = fields.filter(field => isCompositeType(getNamedType(field.type)))
  const field = composite.length > 0 && rng.chance(0.5) ? rng.pick(composite) : rng.pick(fields)
  budget.fields -= 1
  const args = writeArguments(
    draft,
    field.args.filter(arg => isRequiredArgument(arg) || rng.chance(0.6)),
  )
  const name = responseName(draft, place, parent, field.name, `${args}${String(field.type)}`)
  const head = `${name === field.name ? '' : `${name}: `}${field.name}${args}${writeCondition(draft)}`
  const type = getNamedType(field.type)
  if (!isCompositeType(type)) return head
  return `${head} ${writeSelections(draft, type, `${place}.${name}`, depth - 1)}`
}

const writeTypename = (draft: OperationDraft, parent: GraphQLCompositeType, place: string): string => {
  const name = responseName(draft, place, parent, '__typename', 'String!')
  return `${name === '__typename' ? '' : `${name}: `}__typename${writeCondition(draft)}`
}

/** Types that a fragment within `parent` may be on. */
const conditionsFor = ({ schema }: OperationDraft, parent: GraphQLCompositeType): GraphQLCompositeType[] => {
  const own = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent]
  const shared = Object.values(schema.getTypeMap()).filter(
    type => isAbstractType(type) && schema.getPossibleTypes(type).some(possible => own.includes(possible)),
  )
  return [...new Set([...own, ...shared, parent])].filter(type => isCompositeType(type))
}

const writeFragment = (
  draft: OperationDraft,
  parent: GraphQLCompositeType,
  place: string,
  depth: number,
): string => {
  const { rng, fragments } = draft
  const conditions = conditionsFor(draft, parent)
  const on = rng.pick(conditions)
  if (rng.chance(0.3)) {
    const known = [...fragments].filter(
      ([, fragment]) => fragment.text !== '' && conditions.some(type => type.name === fragment.on),
    )
    if (known.length > 0 && rng.chance(0.6)) return `...${rng.pick(known)[0]}${writeCondition(draft)}`
    const name = `F${fragments.size}`
    // Without its text it is not known yet: no cycles.
    fragments.set(name, { on: on.name, text: '' })
    fragments.set(name, { on: on.name, text: writeSelections(draft, on, place, depth) })
    return `...${name}${writeCondition(draft)}`
  }
  const condition = writeCondition(draft)
  if (rng.chance(0.12)) return `...${condition} ${writeSelections(draft, parent, place, depth)}`
  return `... on ${on.name}${condition} ${writeSelections(draft, on, place, depth)}`
}

/** A selection set in its braces. @param place  response names from the root */
export const writeSelections = (
  draft: OperationDraft,
  parent: GraphQLCompositeType,
  place: string,
  depth: number,
): string => {
  const { rng } = draft
  const written: string[] = []
  const likely = isObjectType(parent) ? 0.1 : 0.5
  for (let count = 1 + rng.int(place === '' ? 3 : 4); count > 0; count -= 1) {
    const asFragment = rng.chance(likely) && draft.budget.fields > 0
    written.push(
      asFragment ? writeFragment(draft, parent, place, depth - 1) : writeField(draft, parent, place, depth),
    )
  }
  return `{ ${written.join(' ')} }`
}
