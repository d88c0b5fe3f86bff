import { describe, expect, test } from '@jest/globals'
import type { FetchNode, PlanNode, PlanSelection } from '../../planner/query-plan.ts'
import { readSupergraph } from '../../supergraph/read-supergraph.ts'
import { compose } from '../../testing/tiny-federation.ts'
import { compilePlan } from './compile-plan.ts'

// Plans that the planner makes, or could: what they lack is added (await-values.ts, split-fetches.ts), or they are refused.

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@external", "@requires", "@provides", "@shareable", "@context", "@fromContext"])`
const subgraph = (sdl: string) => ({ sdl: `${link} ${sdl}`, url: 'http://127.0.0.1:9/' })

const supergraph = readSupergraph(
  compose({
    one: subgraph(`
      type Mutation { make: T }
      type Query { t: T many: [T!] given: T @provides(fields: "name") }
      type T @key(fields: "id") @context(name: "place") {
        id: ID! name: String @external size(unit: String): Int @external kid: Kid
        code: String @requires(fields: "name") width: Int @requires(fields: "size(unit: \\"m\\")") }
      type Kid @key(fields: "id") { id: ID! hello(at: ID @fromContext(field: "$place { id }")): String }`),
    two: subgraph(`type T @key(fields: "id") { id: ID! name: String @shareable size(unit: String): Int }`),
    three:
      subgraph(`type T @key(fields: "id") { id: ID! code: String @external label: String @requires(fields: "code")
      hidden: Far @external far: Int @requires(fields: "hidden { n }") } type Far { n: Int @external }`),
    four: subgraph(`type T @key(fields: "sku") { sku: ID! hidden: Far } type Far { n: Int }
      type Query { other: T }`),
    five: subgraph(`type T @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! }`),
  }),
)

const root = (operation: string): FetchNode => ({
  kind: 'Fetch',
  serviceName: 'one',
  operation,
  operationKind: 'query',
})
const field = (name: string): PlanSelection => ({ kind: 'Field', name })
const entity = (serviceName: string, path: string, selection: string, ...names: string[]): PlanNode => ({
  kind: 'Flatten',
  path: path.split('.'),
  node: {
    kind: 'Fetch',
    serviceName,
    requires: [
      { kind: 'InlineFragment', typeCondition: 'T', selections: ['__typename', 'id', ...names].map(field) },
    ],
    operation: `query ($representations: [_Any!]!) {_entities(representations: $representations) {...on T{${selection}}}}`,
    operationKind: 'query',
  },
})
const sequence = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Sequence', nodes })
const parallel = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Parallel', nodes })

/** Each fetch as `subgraph path {what it asks} after the calls`. */
const compiled = (node: PlanNode): readonly string[] =>
  compilePlan({ kind: 'QueryPlan', node }, supergraph).calls.flatMap(({ subgraph: name, lanes, after }) =>
    lanes.flatMap(({ template, fetches }) =>
      fetches.map(({ path }) => {
        const text = template.text
          .replaceAll(/\s+/g, ' ')
          .replace(/^.*_entities\(representations: \$representations\) (.*) \}$/, '$1')
        return `${name} ${path.join('.') || '/'} ${text} < ${after.join()}`
      }),
    ),
  )

const refused = (why: string) =>
  expect.objectContaining({
    code: 'QUERY_PLANNING_FAILED',
    cause: expect.objectContaining({ message: expect.stringContaining(why) }),
  })

describe('what a fetch needs', () => {
  test('is waited for, in whatever order the plan has it', () => {
    const label = entity('three', 't', 'label', 'code')
    const code = entity('one', 't', 'code', 'name')
    const plan = sequence(root('{t{__typename id}}'), parallel(label, code, entity('two', 't', 'name')))
    expect(compiled(plan)).toEqual(
      [
        'one { t { __typename id } } < ',
        'two t { ... on T { name } } < 0',
        'one t { ... on T { code } } < 0,1',
        'three t { ... on T { label } } < 0,2',
      ].map(line => line.replace('one {', 'one / {')),
    )
  })

  test('that nobody fetches refuses the plan', () => {
    const plan = sequence(root('{t{__typename id}}'), entity('three', 't', 'label', 'code'))
    expect(() => compiled(plan)).toThrow(refused('three needs code at t, which nobody fetches before'))
  })

  test('that is fetched for another type only refuses the plan', () => {
    const plan = sequence(root('{t{__typename id ... on Kid {code}}}'), entity('three', 't', 'label', 'code'))
    expect(() => compiled(plan)).toThrow(refused('three needs code at t'))
  })

  test('that itself waits for the fetch refuses the plan', () => {
    const plan = sequence(
      root('{t{__typename id}}'),
      entity('three', 't', 'label', 'name'),
      entity('two', 't', 'name', 'label'),
    )
    expect(() => compiled(plan)).toThrow(refused('needs name at t'))
  })

  test('may be a place that another fetch makes', () => {
    const plan = parallel(entity('two', 'many.@', 'name'), root('{many{__typename id}}'))
    expect(compiled(plan)).toEqual([
      'one / { many { __typename id } } < ',
      'two many.@ { ... on T { name } } < 0',
    ])
  })

  test('from a context is waited for; without it the plan is refused', () => {
    const kid = (name: string): PlanNode => ({
      kind: 'Flatten',
      path: ['t', 'kid'],
      node: {
        ...root(
          'query($representations:[_Any!]!$c:ID){_entities(representations:$representations){...on Kid{hello(at:$c)}}}',
        ),
        requires: [
          { kind: 'InlineFragment', typeCondition: 'Kid', selections: [field('__typename'), field('id')] },
        ],
        contextRewrites: [{ kind: 'KeyRenamer', path: ['..', '... on T', name], renameKeyTo: 'c' }],
      },
    })
    const start = root('{t{__typename id kid{__typename id}}}')
    expect(compiled(sequence(start, parallel(kid('name'), entity('two', 't', 'name')))).at(-1)).toBe(
      'one t.kid { ... on Kid { hello(at: $c) } } < 0,1',
    )
    expect(() => compiled(sequence(start, kid('name')))).toThrow(refused('one needs name at t.kid'))
  })
})

describe('a field that is asked for too early', () => {
  test('gets a fetch of its own, by a key of the subgraph, and what needs it waits', () => {
    const plan = sequence(
      root('{many{code more:id}}'),
      entity('two', 'many.@', 'name'),
      entity('three', 'many.@', 'label', 'code'),
    )
    expect(compiled(plan)).toEqual([
      'one / { many { more: id __typename id } } < ',
      'two many.@ { ... on T { name } } < 0',
      'one many.@ { ... on T { code } } < 0,1',
      'three many.@ { ... on T { label } } < 1,2',
    ])
  })

  test('stays where the subgraph was told what it requires, or has it', () => {
    const told = sequence(
      root('{t{__typename id}}'),
      entity('two', 't', 'name'),
      entity('one', 't', 'code', 'name'),
    )
    expect(compiled(told)).toHaveLength(3)
    expect(compiled(root('{given{name code}}'))).toEqual(['one / { given { name code } } < '])
  })

  test('is read before the next mutation', () => {
    const mutation = (text: string): FetchNode => ({
      ...root(`mutation{${text}}`),
      operationKind: 'mutation',
    })
    const plan = sequence(mutation('make{name}'), mutation('again:make{__typename}'))
    expect(compiled(plan)).toEqual([
      'one / mutation { make { __typename id } } < ',
      'two make { ... on T { name } } < 0',
      'one / mutation { again: make { __typename } } < 0,1',
    ])
  })

  test('of another subgraph is fetched from that one', () => {
    expect(compiled(sequence(root('{t{__typename id name}}')))).toEqual([
      'one / { t { __typename id } } < ',
      'two t { ... on T { name } } < 0',
    ])
  })

  test.each([
    [
      'whose required field has arguments',
      '{t{width}}',
      'one is asked for T.width, without what it requires',
    ],
    [
      'of a subgraph that no key leads to',
      '{t{hidden{n}}}',
      'one is asked for T.hidden, which it does not have',
    ],
    ['whose required field nobody fetches', '{t{code}}', 'one needs name at t, which nobody fetches before'],
  ])('%s refuses the plan', (_what, operation, why) => {
    expect(() => compiled(root(operation))).toThrow(refused(why))
  })
})
