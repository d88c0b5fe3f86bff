import type { ArgumentModel, FieldModel, SubgraphModel, TypeModel } from './model.ts'
import type { Random } from './random.ts'

/** A model while it is being made. */
export type ModelDraft = Readonly<{
  rng: Random
  seed: number
  types: Map<string, TypeModel>
  subgraphs: readonly SubgraphModel[]
  /** Subgraphs of Federation 2: only these may have what came with it. */
  modern: readonly string[]
  traps: boolean
  /** Arguments that a field is required with: the same everywhere, as one representation has room for one value. */
  requiredArguments: Map<FieldModel, string | undefined>
}>

export const plainField = (
  name: string,
  type: string,
  owners: readonly string[],
  rest: Partial<FieldModel> = {},
): FieldModel => ({
  name,
  type,
  args: [],
  kind: 'plain',
  owners: [...owners],
  externalIn: new Set(),
  ...rest,
})

const wrappings = 'X X X X X! X! X! [X] [X!]! [X!] [X]! [[X]] [[X!]!]! [[X]!]'.split(' ')

/** Puts lists and non-nulls around a name. */
export const wrapped = (rng: Random, name: string): string => rng.pick(wrappings).replace('X', name)

export const scalars = ['Int', 'Float', 'String', 'Boolean', 'ID', 'JSON'] as const

const argumentTypes = (draft: ModelDraft): [type: string, defaults: string[]][] => {
  const known: [string, string[]][] = [
    ['Int', ['7']],
    ['String', ['"d"', '""']],
    ['Boolean', ['true']],
    ['Float', ['1.5']],
    ['[Int!]', ['[1, 2]']],
    ['ID', []],
  ]
  if (draft.types.has('Sort')) known.push(['Sort', ['S0']], ['[Sort!]', []])
  if (draft.types.has('Filter')) known.push(['Filter', ['{ need: "n" }']], ['[[Filter]!]', []])
  return known
}

/** Arguments for a field: mostly none. With a default, without one, or required. */
export const someArguments = (draft: ModelDraft, probability = 0.25): ArgumentModel[] => {
  const { rng } = draft
  if (!rng.chance(probability)) return []
  const names = rng.sample(['first', 'by', 'representations', 'id'], 1 + rng.int(2))
  return names.map(name => {
    const [type, defaults] = rng.pick(argumentTypes(draft))
    if (defaults.length > 0 && rng.chance(0.5)) {
      return { name, type: rng.chance(0.3) ? `${type}!` : type, default: rng.pick(defaults) }
    }
    return { name, type: rng.chance(0.25) ? `${type}!` : type }
  })
}
