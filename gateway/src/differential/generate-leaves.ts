import type { ModelDraft } from './model-draft.ts'

/** For each subgraph at times fewer of the list; the first always stays. */
const fewerIn = (draft: ModelDraft, list: readonly string[], probability: number): Map<string, string[]> =>
  new Map(
    draft.subgraphs
      .filter(() => draft.rng.chance(probability))
      .map(({ name }) => [
        name,
        [list[0] as string, ...draft.rng.sample(list.slice(1), draft.rng.int(list.length))],
      ]),
  )

const addEnums = (draft: ModelDraft): void => {
  const { rng } = draft
  const colours = ['RED', 'GREEN', 'BLUE', 'SECRET']
  draft.types.set('Colour', {
    kind: 'enum',
    name: 'Colour',
    values: colours,
    valuesIn: rng.chance(0.5) ? fewerIn(draft, colours, 0.5) : new Map(),
    // All subgraphs that define an inaccessible value may be old ones, which cannot say so.
    inaccessible: draft.modern.length === draft.subgraphs.length && rng.chance(0.4) ? ['SECRET'] : [],
  })
  const sorts = ['S0', 'S1', 'S2']
  draft.types.set('Sort', {
    kind: 'enum',
    name: 'Sort',
    values: sorts,
    valuesIn: rng.chance(0.5) ? fewerIn(draft, sorts, 0.5) : new Map(),
    inaccessible: [],
  })
}

const addInput = (draft: ModelDraft): void => {
  const { rng } = draft
  draft.types.set('Filter', {
    kind: 'input',
    name: 'Filter',
    fields: [
      { name: 'need', type: 'String!' },
      { name: 'limit', type: 'Int', default: '3' },
      { name: 'sort', type: '[Sort!]' },
      { name: 'inner', type: 'Filter' },
      { name: 'extra', type: 'Boolean' },
      { name: 'any', type: 'JSON' },
    ],
    absentIn: new Map(
      draft.subgraphs.filter(() => rng.chance(0.25)).map(({ name }) => [name, rng.sample(['extra'], 1)]),
    ),
  })
}

/** A custom scalar, an enum for output, one for input, and an input type. */
export const addLeaves = (draft: ModelDraft): void => {
  draft.types.set('JSON', { kind: 'scalar', name: 'JSON' })
  addEnums(draft)
  addInput(draft)
}
