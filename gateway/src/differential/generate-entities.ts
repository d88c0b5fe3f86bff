import { plainField, scalars, someArguments, wrapped, type ModelDraft } from './model-draft.ts'
import type { FieldModel, KeyModel, ObjectModel, SubgraphKey } from './model.ts'
import { topNames } from './subgraph-view.ts'

const instances = 4

/** Names that occur in many types, so that merging and renaming have something to get wrong. */
const fieldNames = ['name', 'size', 'tags', 'rank', 'owner', 'peer', 'info', 'parts', 'note', 'price']

const keyFields = (name: string): FieldModel[] => [
  plainField('id', 'ID!', [], { kind: 'key' }),
  plainField('sku', 'String!', [], { kind: 'key' }),
  plainField('k1', 'Int!', [], { kind: 'key' }),
  plainField('k2', 'String!', [], { kind: 'key' }),
  plainField('ref', `${name}Ref!`, [], { kind: 'key' }),
]

const keyChoices = ['sku', 'k1 k2', 'ref { code }', 'ref { code deep { n } } k1']

/** Which keys each holder has the entity by: the first in all, or a holder has only a second one that another knows. */
const keysOf = (
  draft: ModelDraft,
  keys: readonly KeyModel[],
  holders: readonly string[],
  single: boolean,
) => {
  const { rng } = draft
  const [first, ...others] = keys.map(key => key.fields) as [string, ...string[]]
  const keysIn = new Map<string, SubgraphKey[]>()
  for (const holder of holders) {
    const old = !draft.modern.includes(holder)
    const extra = rng.sample(others, rng.int(others.length + 1)).map(fields => ({
      fields,
      resolvable: old || rng.chance(0.7),
    }))
    keysIn.set(holder, [{ fields: first, resolvable: true }, ...extra])
  }
  const last = holders.at(-1) as string
  const bridge = others.find(fields =>
    holders
      .slice(0, -1)
      .some(holder => keysIn.get(holder)?.some(key => key.fields === fields && key.resolvable)),
  )
  if (!single && bridge !== undefined && rng.chance(0.6)) {
    keysIn.set(last, [{ fields: bridge, resolvable: true }])
  }
  return keysIn
}

const refType = (name: string, holders: readonly string[]): ObjectModel[] => [
  {
    kind: 'object',
    name: `${name}Ref`,
    keys: [],
    fields: new Map([
      ['code', plainField('code', 'String!', holders, { kind: 'key' })],
      ['deep', plainField('deep', `${name}Deep!`, holders, { kind: 'key' })],
    ]),
    instances: 0,
    keysIn: new Map(),
  },
  {
    kind: 'object',
    name: `${name}Deep`,
    keys: [],
    fields: new Map([['n', plainField('n', 'Int!', holders, { kind: 'key' })]]),
    instances: 0,
    keysIn: new Map(),
  },
]

/** @param single  it is known by `id` alone, everywhere (a member of an interface) */
export const addEntity = (
  draft: ModelDraft,
  name: string,
  holders: readonly string[],
  single: boolean,
): ObjectModel => {
  const { rng } = draft
  const keys = single
    ? [{ fields: 'id' }]
    : [{ fields: 'id' }, ...rng.sample(keyChoices, rng.int(3)).map(fields => ({ fields }))]
  const entity: ObjectModel = {
    kind: 'object',
    name,
    keys,
    fields: new Map(keyFields(name).map(field => [field.name, field])),
    instances,
    keysIn: keysOf(draft, keys, holders, single),
  }
  draft.types.set(name, entity)
  if (keys.some(key => key.fields.includes('ref'))) {
    for (const type of refType(name, holders)) draft.types.set(type.name, type)
  }
  const held = [...entity.keysIn].flatMap(([holder, keys]) =>
    keys.map(key => ({ holder, fields: key.fields })),
  )
  for (const { holder, fields } of held) {
    for (const field of topNames(fields)) entity.fields.get(field)?.owners.push(holder)
  }
  const used = new Set(held.flatMap(key => topNames(key.fields)))
  for (const field of entity.fields.keys()) if (!used.has(field)) entity.fields.delete(field)
  return entity
}

/** One holder, or several that share it. */
const ownersFor = (draft: ModelDraft, holders: readonly string[]): string[] => {
  const modern = holders.filter(holder => draft.modern.includes(holder))
  if (modern.length > 1 && draft.rng.chance(0.25)) return draft.rng.sample(modern, 2 + draft.rng.int(2))
  return [draft.rng.pick(holders)]
}

/** Fields of an entity, once all types are named. @param outputs  names of composite types */
export const addEntityFields = (draft: ModelDraft, entity: ObjectModel, outputs: readonly string[]): void => {
  const { rng } = draft
  const holders = [...entity.keysIn.keys()]
  for (const name of rng.sample(fieldNames, 3 + rng.int(4))) {
    if (entity.fields.has(name)) continue
    const roll = rng.int(10)
    const named = roll < 5 ? rng.pick(scalars) : roll < 6 ? 'Colour' : rng.pick(outputs)
    const field = plainField(name, wrapped(rng, named), ownersFor(draft, holders), {
      args: someArguments(draft),
    })
    entity.fields.set(name, field)
  }
}

/** A type without a key: each subgraph that meets it defines it all. */
export const addValueType = (draft: ModelDraft, name: string, outputs: readonly string[]): void => {
  const { rng } = draft
  const fields = rng.sample(['name', 'size', 'unit', 'info', 'owner', 'inner'], 2 + rng.int(3)).map(field => {
    const named = ['owner', 'inner'].includes(field) ? rng.pick(outputs) : rng.pick([...scalars, 'Colour'])
    return plainField(field, wrapped(rng, named), [], { args: someArguments(draft, 0.15) })
  })
  draft.types.set(name, {
    kind: 'object',
    name,
    keys: [],
    fields: new Map(fields.map(field => [field.name, field])),
    instances: 0,
    keysIn: new Map(),
  })
}
