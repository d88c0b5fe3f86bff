import { addEntity } from './generate-entities.ts'
import { plainField, scalars, wrapped, type ModelDraft } from './model-draft.ts'

/**
 * `Yard`, which sets a context, and `Kid`, which reads it and is met below yards only. One kid stands in several
 * yards, so that one entity has other values in other places.
 */
export const addYard = (draft: ModelDraft): string => {
  const { rng, modern } = draft
  const home = rng.pick(modern)
  const holders = (): string[] => [...new Set([home, ...rng.sample(modern, rng.int(3))])]
  const yard = addEntity(draft, 'Yard', holders(), true)
  const kid = addEntity(draft, 'Kid', holders(), true)
  const prop = rng.pick(['String!', 'String', 'Int', '[Int]', 'Colour'])
  const fields = [
    plainField('prop', prop, [home]),
    plainField('kid', wrapped(rng, 'Kid'), [home]),
    plainField('kids', '[Kid!]', [home]),
  ]
  for (const field of fields) yard.fields.set(field.name, field)
  const rest = {
    kind: 'contextual',
    // What comes from a context may always be absent.
    args: [
      { name: 'near', type: prop.replace(/!$/, ''), fromContext: '$place { prop }' },
      { name: 'by', type: 'Int' },
    ],
  } as const
  kid.fields.set('r0', plainField('r0', wrapped(rng, rng.pick(scalars)), [home], rest))
  kid.fields.set('friend', plainField('friend', rng.pick(['Kid', '[Kid]']), [home]))
  yard.context = { name: 'place', subgraph: home }
  return 'Yard'
}
