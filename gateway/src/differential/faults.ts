import type { Instance } from './instance.ts'
import { membersOf, namedType, type FieldModel, type GraphModel } from './model.ts'
import { hashOf } from './random.ts'

/** Fields that go wrong, in the monolith and in the subgraphs alike. */
export type Faults = Readonly<{
  /** What happens in place of the field's value; it may throw. */
  at: (source: Instance, field: FieldModel) => (() => unknown) | undefined
}>

export const noFaults: Faults = Object.freeze({ at: () => undefined })

/**
 * What a subgraph's schema lets pass and its answer then has something else for: the only way to make a graphql-js
 * subgraph answer what does not fit.
 */
const stand = {
  wrong: { Int: 2147480001, Float: 2147480001, String: '§wrong§', ID: '§wrong§' },
  null: { Int: 2147480002, Float: 2147480002, String: '§null§', ID: '§null§' },
} as const

/** Puts what stands for wrong values into the text of an answer. */
export const spoilAnswer = (text: string): string =>
  text
    .replaceAll('2147480001', '"wrong"')
    .replaceAll('"§wrong§"', '{"un":"fit"}')
    .replaceAll('2147480002', 'null')
    .replaceAll('"§null§"', 'null')

/** The same values in the monolith, whose own schema finds them unfit. */
const plainly = {
  wrong: { Int: 'wrong', Float: 'wrong', String: { un: 'fit' }, ID: { un: 'fit' } },
  null: null,
}

type Named = keyof (typeof stand)['wrong']

const isNamed = (name: string): name is Named => name in stand.wrong

/**
 * Types below fields that others are computed from. Null that goes up from there would take the input along, and only
 * where both are asked for.
 */
const requiredTypes = (model: GraphModel, required: ReadonlySet<string>): Set<string> => {
  const found = new Set<string>()
  const follow = (name: string): void => {
    for (const member of membersOf(model, name)) {
      const type = model.types.get(member)
      if (found.has(member) || type?.kind !== 'object') continue
      found.add(member)
      for (const field of type.fields.values()) follow(namedType(field.type))
    }
  }
  for (const type of model.types.values()) {
    if (type.kind !== 'object') continue
    for (const field of type.fields.values()) if (required.has(field.name)) follow(namedType(field.type))
  }
  return found
}

/** Names in the selections that fields are computed from. */
const requiredNames = (model: GraphModel): Set<string> => {
  // What contexts are made of.
  const names = new Set(['prop'])
  for (const type of model.types.values()) {
    if (type.kind !== 'object' && type.kind !== 'interface') continue
    for (const { requires = '' } of type.fields.values()) {
      for (const [name] of requires.matchAll(/\b[a-z]\w*/g)) names.add(name)
    }
  }
  return names
}

export type FaultPlan = Readonly<{ seed: number; share: number }>

/**
 * Faults that can be told apart from nothing else: a resolver that throws, null for what may not be null, values that
 * do not fit. The same field of the same object fails in the same way on both sides.
 * @param side  whose answers they are for
 */
export const fieldFaults = (
  model: GraphModel,
  { seed, share }: FaultPlan,
  side: 'monolith' | 'subgraphs',
): Faults => {
  const required = requiredNames(model)
  const below = requiredTypes(model, required)
  const at: Faults['at'] = (source, field) => {
    // What others are computed from, or looked up by, may not fail: they would be asked with something else.
    if (field.kind !== 'plain' || field.externalIn.size > 0 || required.has(field.name)) return undefined
    if (field.type.endsWith('!') && below.has(source.type)) return undefined
    const roll = hashOf(`${seed} ${source.type} ${source.identity} ${field.name}`) % 1000
    if (roll >= share * 1000) return undefined
    const named = namedType(field.type)
    const kind = (['throw', 'wrong', 'null'] as const)[roll % 3]
    if (kind === 'throw' || kind === undefined || !isNamed(named) || field.type.startsWith('[')) {
      return () => {
        throw new Error(`${field.name} fails`)
      }
    }
    if (side === 'subgraphs') return () => stand[kind][named]
    return () => (kind === 'null' ? null : plainly.wrong[named])
  }
  return Object.freeze({ at })
}
