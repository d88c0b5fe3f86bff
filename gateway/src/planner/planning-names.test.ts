import {
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph as ApolloSupergraph,
  operationFromDocument,
} from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { parse, type OperationDefinitionNode } from 'graphql'
import { readSupergraph } from '../supergraph/read-supergraph.ts'
import type { Supergraph } from '../supergraph/supergraph.ts'
import { richSupergraph } from '../testing/rich-federation.ts'
import { planningDocument } from './planning-document.ts'

// The real planner, on the documents as it gets them.

let supergraph: Supergraph
let ask: (text: string) => string

const planWith = (text: string): ((operation: string) => string) => {
  const apollo = ApolloSupergraph.build(text, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  const planner = new QueryPlanner(apollo)
  return operation =>
    JSON.stringify(planner.buildQueryPlan(operationFromDocument(apollo.apiSchema(), parse(operation))))
}

const ready = (text: string, variables: Readonly<Record<string, unknown>> = {}): string => {
  const document = parse(text)
  return planningDocument(document, document.definitions[0] as OperationDefinitionNode, variables, supergraph)
    .text
}

/** The operations of the fetches, in order. */
const fetches = (text: string, variables: Readonly<Record<string, unknown>> = {}): readonly string[] =>
  [...ask(ready(text, variables)).matchAll(/"operation":"((?:[^"\\]|\\.)*)"/g)].map(
    ([, operation = '']) => operation,
  )

beforeAll(() => {
  supergraph = readSupergraph(richSupergraph())
  ask = planWith(supergraph.plannerSdl)
})

describe('the fetches of the planner', () => {
  test('have the key under its own name, whatever the client calls so', () => {
    const [first, second] = fetches('{ products { id: name shipping } }')
    expect(first).toMatch(/id__client:name/)
    expect(first).toMatch(/[{ ]id[ }]/)
    expect(second).toContain('shipping')
    // Without: the client's alias is not even fetched.
    expect(ask('{ products { id: name shipping } }')).not.toContain('id:name')
  })

  test('have what is required with arguments beside what the client asks of the same field', () => {
    const [first] = fetches('{ products { price(currency: EUR) shipping } }')
    expect(first).toMatch(/price__client:price\(currency:EUR\)/)
    expect(first).toMatch(/[^:]price\(currency:USD\)/)
  })

  test('have what a context takes under its own name', () => {
    const operations = fetches('{ shelf { label: id box { note } } }')
    expect(operations[0]).toMatch(/label__client:id/)
    expect(operations[0]).toMatch(/[{ ]label[ }]/)
  })

  test("have the client's variables apart from their own", () => {
    const operations = fetches('query($representations: Int) { products(first: $representations) { age } }')
    expect(operations[0]).toContain('products(first:$client__representations)')
    expect(operations[1]).toContain('_entities(representations:$representations)')
  })

  test('want nothing for what a condition takes away', () => {
    const text = 'query($f: Boolean!) { cheapest { worn @include(if: $f) shipping } }'
    expect(ask(ready(text, { f: false }))).not.toContain('"Condition"')
    expect(fetches(text, { f: false }).join(' ')).not.toMatch(/worn|weight/)
    expect(fetches(text, { f: true }).join(' ')).toMatch(/worn/)
  })

  test('ask for objects of which the client wants nothing that is left', () => {
    expect(
      fetches(
        '{ products { id @skip(if: true) } media { ...F } } fragment F on Media { id @skip(if: true) }',
      ),
    ).toEqual(['{products{__marquee_empty:__typename}media{__typename __marquee_empty:__typename}}'])
  })

  test('have no introspection, which the planner cannot plan below the root', () => {
    const text = 'mutation { buy { query { __schema { types { name } } } } }'
    expect(fetches(text)).toEqual(['mutation{buy{query{__marquee_empty:__typename}}}'])
    expect(() => ask(text)).toThrow()
  })

  test('may come by fragments at the root with __typename in them', () => {
    expect(fetches('{ ...F } fragment F on Query { __typename cheapest { id } }')).toHaveLength(1)
  })
})
