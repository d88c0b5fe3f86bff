import { addEntity, addEntityFields, addValueType } from './generate-entities.ts'
import { addLeaves } from './generate-leaves.ts'
import { addOverrides, addProvides, addRequires, hideFields } from './generate-links.ts'
import { addRoots } from './generate-roots.ts'
import { addAnyUnion, addMedia, addShape, addThing } from './generate-abstract.ts'
import { addYard } from './generate-context.ts'
import { isEntity, type GraphModel, type SubgraphModel } from './model.ts'
import type { ModelDraft } from './model-draft.ts'
import { random, type Random } from './random.ts'

const subgraphsFor = (rng: Random): SubgraphModel[] => {
  const count = 2 + rng.int(4)
  const names = ['s0', 's-1', 'S_2', 's3', 'Store4'].slice(0, count)
  const old = rng.chance(0.25) ? rng.int(count) : -1
  return names.map((name, at) => ({
    name,
    federation1: at === old,
    queryName: rng.chance(0.15) ? 'RootQuery' : 'Query',
    mutationName: rng.chance(0.15) ? 'RootMutation' : 'Mutation',
  }))
}

/** At least one subgraph, mostly two. */
const someHolders = (draft: ModelDraft): string[] => {
  const names = draft.subgraphs.map(subgraph => subgraph.name)
  return draft.rng.sample(names, Math.min(names.length, 1 + draft.rng.int(3)))
}

/** What a graph may have beside the rest. */
export type ModelOptions = Readonly<{
  /**
   * What the planner is known to get wrong (see cases-traps.ts): a `@requires` that needs a field which has one itself,
   * or a key that its subgraph does not have; one on an interface object.
   */
  traps?: boolean
  /** `@context` and `@fromContext`: the stock gateway refuses them. */
  contexts?: boolean
}>

/** A random graph, and how it is spread over subgraphs. */
export const generateModel = (
  seed: number,
  { traps = false, contexts = true }: ModelOptions = {},
): GraphModel => {
  const rng = random(seed)
  const subgraphs = subgraphsFor(rng)
  const modern = subgraphs.filter(subgraph => !subgraph.federation1).map(subgraph => subgraph.name)
  const draft: ModelDraft = {
    rng,
    seed,
    types: new Map(),
    subgraphs,
    modern,
    traps,
    requiredArguments: new Map(),
  }
  addLeaves(draft)
  const entities = Array.from({ length: 2 + rng.int(3) }, (_, at) => `T${at}`)
  const values = Array.from({ length: 1 + rng.int(2) }, (_, at) => `V${at}`)
  for (const name of entities) addEntity(draft, name, someHolders(draft), false)
  const outputs = [...entities, ...values]
  if (rng.chance(0.6)) outputs.push(addThing(draft))
  if (rng.chance(0.4)) outputs.push(addShape(draft))
  if (rng.chance(0.6)) outputs.push(addAnyUnion(draft, outputs))
  for (const name of values) addValueType(draft, name, outputs)
  if (modern.length === subgraphs.length && rng.chance(0.5)) outputs.push(addMedia(draft))
  if (contexts && rng.chance(0.4)) outputs.push(addYard(draft))
  for (const type of draft.types.values()) if (isEntity(type)) addEntityFields(draft, type, outputs)
  addRoots(draft, outputs)
  addOverrides(draft)
  addRequires(draft)
  addProvides(draft)
  hideFields(draft)
  return Object.freeze({ seed, types: draft.types, subgraphs })
}
