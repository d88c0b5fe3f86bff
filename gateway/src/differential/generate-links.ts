import { selectFrom } from './generate-field-set.ts'
import { plainField, scalars, wrapped, type ModelDraft } from './model-draft.ts'
import { isEntity, namedType, type FieldModel, type ObjectModel } from './model.ts'

const objectsOf = (draft: ModelDraft): ObjectModel[] =>
  [...draft.types.values()].filter(type => type.kind === 'object')

const entitiesOf = (draft: ModelDraft): ObjectModel[] => objectsOf(draft).filter(isEntity)

/** Some fields move to another holder: for good, or by a label (that is off). */
export const addOverrides = (draft: ModelDraft): void => {
  const { rng, modern } = draft
  for (const entity of entitiesOf(draft)) {
    const holders = [...entity.keysIn.keys()]
    for (const field of entity.fields.values()) {
      const [from] = field.owners
      const takers = holders.filter(holder => holder !== from && modern.includes(holder))
      if (field.kind !== 'plain' || field.owners.length > 1 || from === undefined) continue
      if (takers.length === 0 || !rng.chance(0.12)) continue
      field.owners = [rng.pick(takers)]
      field.overrides = rng.chance(0.5) ? { from } : { from, label: rng.pick(['percent(0)', 'beta']) }
    }
  }
}

/** Fields computed from fields that other subgraphs have. */
export const addRequires = (draft: ModelDraft): void => {
  const { rng } = draft
  let count = 0
  // Where `Media` is an interface object its members may not be named; kids are met below yards only.
  const referable = entitiesOf(draft).filter(({ name }) => !/^(Media|Kid)/.test(name))
  for (const entity of entitiesOf(draft)) {
    for (const holder of entity.keysIn.keys()) {
      const subgraph = draft.subgraphs.find(({ name }) => name === holder)
      if (subgraph === undefined) continue
      for (let tries = rng.int(3); tries > 0; tries -= 1) {
        const selection = selectFrom({ draft, subgraph, foreignOnly: true, depth: 2 }, entity.name)
        if (selection === undefined) continue
        for (const field of selection.external) field.externalIn.add(holder)
        count += 1
        const named = rng.chance(0.8) ? rng.pick(scalars) : rng.pick(referable).name
        const field = plainField(`r${count}`, wrapped(rng, named), [holder], {
          kind: 'requires',
          requires: selection.text,
        })
        entity.fields.set(field.name, field)
      }
    }
  }
  addInterfaceObjectRequires(draft)
}

const addInterfaceObjectRequires = (draft: ModelDraft): void => {
  const media = draft.types.get('Media')
  // The planner may not come to an end when a concrete type is asked for such a field from yet another subgraph.
  if (media?.kind !== 'interface' || !draft.traps) return
  for (const holder of media.objectIn) {
    const subgraph = draft.subgraphs.find(({ name }) => name === holder)
    if (subgraph === undefined || draft.rng.chance(0.5)) continue
    const selection = selectFrom({ draft, subgraph, foreignOnly: true, depth: 1 }, 'Media')
    if (selection === undefined) continue
    for (const field of selection.external) field.externalIn.add(holder)
    const rest = { kind: 'requires', requires: selection.text } as const
    media.fields.set(`rm_${holder.length}`, plainField(`rm_${holder.length}`, 'String', [holder], rest))
  }
}

/** Fields that bring fields of other subgraphs along. */
export const addProvides = (draft: ModelDraft): void => {
  const { rng } = draft
  for (const type of objectsOf(draft)) {
    for (const field of type.fields.values()) {
      const [owner] = field.owners
      const subgraph = draft.subgraphs.find(({ name }) => name === owner)
      const target = draft.types.get(namedType(field.type))
      if (subgraph === undefined || field.owners.length > 1 || !isEntity(target)) continue
      if (field.kind === 'query' || !rng.chance(0.3)) continue
      const selection = selectFrom(
        { draft, subgraph, foreignOnly: true, withoutArguments: true, depth: 1 },
        target.name,
      )
      if (selection === undefined) continue
      for (const external of selection.external) {
        external.externalIn.add(subgraph.name)
        external.provided = true
      }
      field.provides = selection.text
    }
  }
}

const isInInterface = (draft: ModelDraft, type: ObjectModel, field: FieldModel): boolean =>
  [...draft.types.values()].some(
    known => known.kind === 'interface' && known.members.includes(type.name) && known.fields.has(field.name),
  )

/** Some fields, keys among them, that clients do not see. */
export const hideFields = (draft: ModelDraft): void => {
  const { rng, modern } = draft
  if (modern.length < draft.subgraphs.length) return
  for (const entity of entitiesOf(draft)) {
    const shown = [...entity.fields.values()].filter(field => !isInInterface(draft, entity, field))
    for (const field of shown.slice(1)) if (rng.chance(0.1)) field.inaccessible = true
  }
}
