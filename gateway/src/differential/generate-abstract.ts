import { addEntity } from './generate-entities.ts'
import { plainField, scalars, someArguments, wrapped, type ModelDraft } from './model-draft.ts'
import { objectOf, type FieldModel, type InterfaceModel } from './model.ts'

const byName = (fields: readonly FieldModel[]): Map<string, FieldModel> =>
  new Map(fields.map(field => [field.name, field]))

/** Subgraphs that hold an interface's members: `common` holds all of them. */
const holdersWith = (draft: ModelDraft, common: readonly string[], allowed: readonly string[]): string[] => [
  ...new Set([...common, ...draft.rng.sample(allowed, draft.rng.int(2))]),
]

/** A field that all members have in the same subgraph; a member may promise more than the interface. */
const addCommonField = (
  draft: ModelDraft,
  members: readonly string[],
  field: FieldModel,
  narrow: (member: string) => string,
): void => {
  for (const member of members) {
    const own = { ...field, externalIn: new Set<string>(), owners: [...field.owners], type: narrow(member) }
    objectOf(draft, member).fields.set(field.name, own)
  }
}

/** `Thing`: an interface of entities whose members narrow its `peer`. */
export const addThing = (draft: ModelDraft): string => {
  const { rng } = draft
  const names = draft.subgraphs.map(subgraph => subgraph.name)
  const members = Array.from({ length: 2 + rng.int(2) }, (_, at) => `Thing${at}`)
  const common = rng.sample(names, 1 + rng.int(2))
  for (const member of members) addEntity(draft, member, holdersWith(draft, common, names), true)
  const fields = [
    plainField('id', 'ID!', [], { kind: 'key' }),
    plainField('title', rng.pick(['String', 'String!', '[String]', 'JSON']), [rng.pick(common)]),
    plainField('peer', rng.pick(['Thing', '[Thing]', '[Thing!]']), [rng.pick(common)]),
    plainField('count', 'Int', [rng.pick(common)], { args: someArguments(draft, 0.5) }),
  ]
  for (const field of fields.slice(1)) {
    addCommonField(draft, members, field, member =>
      field.name === 'peer' && rng.chance(0.5) ? field.type.replace('Thing', member) : field.type,
    )
  }
  const thing: InterfaceModel = {
    kind: 'interface',
    name: 'Thing',
    members,
    fields: byName(fields),
    objectIn: [],
    keyedIn: [],
  }
  draft.types.set('Thing', thing)
  return 'Thing'
}

/** `Shape`: an interface of value types, the same in all subgraphs. */
export const addShape = (draft: ModelDraft): string => {
  const { rng } = draft
  const area = plainField('area', rng.pick(['Float', 'Float!']), [])
  const members = ['Circle', 'Square']
  for (const member of members) {
    const own = plainField(member === 'Circle' ? 'radius' : 'size', wrapped(rng, rng.pick(scalars)), [])
    draft.types.set(member, {
      kind: 'object',
      name: member,
      keys: [],
      fields: byName([{ ...area, externalIn: new Set() }, own]),
      instances: 0,
      keysIn: new Map(),
    })
  }
  draft.types.set('Shape', {
    kind: 'interface',
    name: 'Shape',
    members,
    fields: byName([area]),
    objectIn: [],
    keyedIn: [],
  })
  return 'Shape'
}

/** `Any`: a union of whatever object types there are; subgraphs may know fewer, and a member may be hidden. */
export const addAnyUnion = (draft: ModelDraft, outputs: readonly string[]): string => {
  const { rng } = draft
  const objects = outputs.filter(name => /^[TV]\d/.test(name))
  const members = rng.sample(objects, 2 + rng.int(2))
  if (draft.modern.length === draft.subgraphs.length && rng.chance(0.25)) {
    members.push('Hidden')
    draft.types.set('Hidden', {
      kind: 'object',
      name: 'Hidden',
      keys: [],
      fields: byName([plainField('name', 'String', []), plainField('secret', 'String', [])]),
      instances: 0,
      keysIn: new Map(),
      inaccessible: true,
    })
  }
  const first = members[0] as string
  const membersIn = new Map(
    draft.subgraphs
      .filter(() => rng.chance(0.3))
      .map(({ name }) => [name, [first, ...rng.sample(members.slice(1), rng.int(members.length))]]),
  )
  draft.types.set('Any', { kind: 'union', name: 'Any', members, membersIn })
  return 'Any'
}

/** `Media`: an interface with a key; some subgraphs add fields to all its members without knowing one. */
export const addMedia = (draft: ModelDraft): string => {
  const { rng, modern } = draft
  const keyed = [rng.pick(modern)]
  const others = modern.filter(name => !keyed.includes(name))
  const objectIn = rng.sample(others, 1 + rng.int(2))
  const members = ['Media0', 'Media1']
  for (const member of members) addEntity(draft, member, keyed, true)
  const owner = keyed[0] as string
  const common = [
    plainField('label', rng.pick(['String', 'String!', 'Int']), [owner]),
    plainField('weight', rng.pick(['Float', 'JSON', '[Int!]']), [owner]),
  ]
  for (const field of common) addCommonField(draft, members, field, () => field.type)
  const added = objectIn.flatMap((subgraph, at) => [
    plainField(`extra${at}`, wrapped(rng, rng.pick([...scalars, 'T0', 'Media'])), [subgraph], {
      args: someArguments(draft),
    }),
  ])
  draft.types.set('Media', {
    kind: 'interface',
    name: 'Media',
    members,
    fields: byName([plainField('id', 'ID!', [owner], { kind: 'key' }), ...common, ...added]),
    objectIn,
    keyedIn: keyed,
  })
  return 'Media'
}
