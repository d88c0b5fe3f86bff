import { plainField, scalars, someArguments, wrapped, type ModelDraft } from './model-draft.ts'
import type { FieldModel, ObjectModel } from './model.ts'

const rootType = (name: string, fields: readonly FieldModel[]): ObjectModel => ({
  kind: 'object',
  name,
  keys: [],
  fields: new Map(fields.map(field => [field.name, field])),
  instances: 0,
  keysIn: new Map(),
})

const queryFields = (draft: ModelDraft, outputs: readonly string[]): FieldModel[] => {
  const { rng, modern } = draft
  const fields: FieldModel[] = []
  for (const { name: subgraph } of draft.subgraphs) {
    for (let count = rng.int(4); count > 0; count -= 1) {
      const named = rng.chance(0.85) ? rng.pick(outputs) : rng.pick([...scalars, 'Colour'])
      const isShared = modern.length > 1 && modern.includes(subgraph) && rng.chance(0.15)
      const owners = isShared ? [...new Set([subgraph, rng.pick(modern)])] : [subgraph]
      const args = someArguments(draft)
      fields.push(plainField(`q${fields.length}`, wrapped(rng, named), owners, { args }))
    }
  }
  // Every type has a way in.
  for (const named of outputs) {
    const owner = rng.pick(modern)
    fields.push(plainField(`all${named}`, `[${named}!]`, [owner]))
  }
  return fields
}

/** Mutations of several subgraphs, and a payload that leads back to the root. */
const mutationFields = (draft: ModelDraft, outputs: readonly string[]): FieldModel[] => {
  const { rng } = draft
  return draft.subgraphs.flatMap(({ name }, at) =>
    rng.chance(0.5)
      ? [
          plainField(`m${at}`, rng.chance(0.3) ? 'Int!' : wrapped(rng, rng.pick(outputs)), [name], {
            kind: 'effect',
            args: someArguments(draft),
          }),
        ]
      : [],
  )
}

const addPayload = (draft: ModelDraft, outputs: readonly string[]): FieldModel[] => {
  const { rng } = draft
  const withQuery = draft.subgraphs.filter(({ name }) =>
    [...(draft.types.get('Query') as ObjectModel).fields.values()].some(field => field.owners.includes(name)),
  )
  if (withQuery.length === 0 || rng.chance(0.5)) return []
  draft.types.set(
    'Payload',
    rootType('Payload', [
      plainField('ok', 'Boolean', []),
      plainField('node', wrapped(rng, rng.pick(outputs)), []),
      plainField('query', rng.chance(0.5) ? 'Query!' : 'Query', [], { kind: 'query' }),
    ]),
  )
  return [
    plainField('pay', rng.chance(0.5) ? 'Payload!' : 'Payload', [rng.pick(withQuery).name], {
      kind: 'effect',
    }),
  ]
}

/** Query and Mutation. */
export const addRoots = (draft: ModelDraft, outputs: readonly string[]): void => {
  draft.types.set('Query', rootType('Query', queryFields(draft, outputs)))
  const mutations = [...mutationFields(draft, outputs), ...addPayload(draft, outputs)]
  if (mutations.length > 0) draft.types.set('Mutation', rootType('Mutation', mutations))
}
